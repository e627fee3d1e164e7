/** What is timed of a model of this library. */

/** Training steps; the answer are the losses of the first two. */
export function training(model, x, y) {
  const step = () => model.trainOnBatch(x, y);
  return { answer: [step(), step()], step, dispose: () => model.dispose() };
}

/** Predictions; the answer are the outputs. */
export async function prediction(model, x, batchSize) {
  const step = () => model.predict(x, { batchSize });
  return { answer: (await step()).data, step, dispose: () => model.dispose() };
}
