/** The first act: the seed's network learns to say whether a digit is odd. */

import { type LabelledImages, trainTestSplit } from '../data';
import { conv2d, dense, flatten, type History, type Model, sequential, sgd } from '../index';
import { percent } from './format';
import { startProgress } from './progress';
import type { Source } from './source';

/** What the options say about this act. */
export interface SeedOptions {
  readonly filters: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly explain?: boolean;
}

/** What the act learned; its model is to be disposed. */
export interface SeedResult {
  readonly source: string;
  readonly options: SeedOptions;
  readonly variant: string;
  readonly model: Model;
  readonly trainCount: number;
  readonly test: LabelledImages;
  readonly history: History;
  readonly accuracy: number;
  readonly loss: number;
  readonly baseline: number;
  readonly millisecondsPerStep: number;
  readonly steps: number;
  readonly stopped: boolean;
}

/** Trains on a yes/no question about digits: is it odd? */
export async function trainSeed(source: Source, options: SeedOptions, variant: string): Promise<SeedResult> {
  const { train, test } = trainTestSplit(source.data, 0.2, options.seed);
  console.log(`Is the digit odd? ${source.name}: ${train.count} to train, ${test.count} held out, 22×22 pixels`);
  const model = seedNetwork(options);
  console.log(
    `X [${options.batchSize}×22×22] → conv f [${options.filters}×3×3] → sigmoid → [${400 * options.filters}×${options.batchSize}] → Wᵀ·H1 + b → sigmoid; ${model.parameterCount} parameters; kernels: ${variant}`,
  );
  if (options.explain === true) {
    const first = Math.min(options.batchSize, train.count);
    console.log(`\n${model.explain(train.images.subarray(0, first * 484), question(train).subarray(0, first))}\n`);
  }
  const trained = await trainModel(model, train, test, options);
  const result = { ...trained, source: source.name, options, variant, model, trainCount: train.count, test };
  printResult(result);
  return result;
}

/** 1 for odd labels, 0 for even ones. */
export function question({ labels }: LabelledImages): Float32Array {
  return Float32Array.from(labels, (label) => Math.abs(label % 2));
}

/** k filters of 3×3 without bias, sigmoid, one output with bias, sigmoid. */
function seedNetwork({ filters, learningRate, seed }: SeedOptions): Model {
  const model = sequential({
    name: 'seed network',
    inputShape: [22, 22, 1],
    seed,
    layers: [
      conv2d({ name: 'f', filters, kernelSize: 3, activation: 'sigmoid', useBias: false }),
      flatten({ name: 'reshape' }),
      dense({ name: 'W', units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'halfSquaredError', metrics: ['accuracy'] });
  return model;
}

async function trainModel(
  model: Model,
  train: LabelledImages,
  test: LabelledImages,
  { batchSize, epochs }: SeedOptions,
): Promise<Omit<SeedResult, 'source' | 'options' | 'variant' | 'model' | 'trainCount' | 'test'>> {
  const progress = startProgress(model, epochs, Math.ceil(train.count / batchSize));
  try {
    const callbacks = [progress.callback];
    const history = await model.fit(train.images, question(train), { batchSize, epochs, callbacks });
    const answers = question(test);
    const { loss = Number.NaN, accuracy = Number.NaN } = await model.evaluate(test.images, answers, { batchSize: 100 });
    const odd = answers.reduce((sum, answer) => sum + answer, 0) / test.count;
    const { millisecondsPerStep, steps, interrupted: stopped } = progress;
    return { history, accuracy, loss, baseline: Math.max(odd, 1 - odd), millisecondsPerStep, steps, stopped };
  } finally {
    progress.end();
  }
}

function printResult(result: SeedResult): void {
  if (result.stopped) {
    console.log(
      `stopped by Ctrl-C after ${result.history.epoch.length} epochs (${result.steps} steps); what was learned so far:`,
    );
  }
  console.log(
    `held-out digits: ${percent(result.accuracy)} right, mean loss ${result.loss.toFixed(4)} (always the more frequent answer: ${percent(result.baseline)})`,
  );
  console.log(
    `${result.steps} steps of ${result.options.batchSize} samples, ${result.millisecondsPerStep.toFixed(3)} ms each (forward, backward, update)`,
  );
}
