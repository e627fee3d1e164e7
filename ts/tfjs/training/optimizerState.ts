/** The arrays that an optimizer of TensorFlow.js keeps, read and replaced. */

import * as tf from '@tensorflow/tfjs';

/** An array under its name. */
type Named = Awaited<ReturnType<tf.Optimizer['getWeights']>>[number];

/** Members of Adamax, which has neither `getWeights` nor `setWeights`. */
interface Adamax {
  readonly beta1: number;
  readonly accBeta1: tf.Variable;
  readonly iteration: tf.Variable;
  iterations_: number;
  accumulatedFirstMoment: { readonly originalName: string; readonly variable: tf.Variable }[];
  accumulatedWeightedInfNorm: { readonly originalName: string; readonly variable: tf.Variable }[];
}

/** The arrays, all of one kind after all of the other; none before the first step. */
export async function keptArrays(optimizer: tf.Optimizer): Promise<readonly tf.Tensor[]> {
  if (optimizer.getClassName() === 'Adamax') return arraysOf(optimizer as unknown as Adamax);
  const [count, ...kept] = await optimizer.getWeights();
  // The scalar that counts steps is made anew at each asking.
  count?.tensor.dispose();
  return kept.map(({ tensor }) => tensor);
}

/** Replaces the arrays, in the order of {@link keptArrays}, and the number of steps. Takes the tensors. */
export async function keepArrays(optimizer: tf.Optimizer, steps: number, arrays: readonly Named[]): Promise<void> {
  const before = await keptArrays(optimizer);
  if (optimizer.getClassName() === 'Adamax') {
    keepInAdamax(optimizer as unknown as Adamax, steps, arrays);
    tf.dispose([...before, ...arrays.map(({ tensor }) => tensor)]);
    return;
  }
  const count = tf.scalar(steps, 'int32');
  await optimizer.setWeights([{ name: 'iter', tensor: count }, ...arrays]);
  // They make variables of their own of what they are given, and leave the old ones.
  tf.dispose([...before, count, ...arrays.map(({ tensor }) => tensor)]);
}

function arraysOf({ accumulatedFirstMoment, accumulatedWeightedInfNorm }: Adamax): readonly tf.Tensor[] {
  return [...accumulatedFirstMoment, ...accumulatedWeightedInfNorm].map(({ variable }) => variable);
}

function keepInAdamax(adamax: Adamax, steps: number, arrays: readonly Named[]): void {
  const kept = arrays.map(({ name, tensor }) => ({ originalName: name, variable: tensor.variable(false) }));
  adamax.accumulatedFirstMoment = kept.slice(0, kept.length / 2);
  adamax.accumulatedWeightedInfNorm = kept.slice(kept.length / 2);
  adamax.iterations_ = steps;
  tf.tidy(() => {
    adamax.iteration.assign(tf.scalar(steps));
    // As their Adam's setWeights does it.
    adamax.accBeta1.assign(tf.pow(adamax.beta1, steps + 1));
  });
}
