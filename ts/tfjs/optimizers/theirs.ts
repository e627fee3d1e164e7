/** What TensorFlow.js's optimizers hold, and the numbers of a step as they compute them where that is not Keras's way. */

import type * as tf from '@tensorflow/tfjs';

/** Members that the types of TensorFlow.js hide; each optimizer has some of them. */
export interface Members {
  /** Step width η; of SGD and momentum `c` counts. */
  readonly learningRate: number;
  /** Decay of the mean of gradients. */
  readonly beta1: number;
  /** Decay of the mean of squares, of Adamax of the largest gradient. */
  readonly beta2: number;
  /** Of Adadelta: decay of both means. */
  readonly rho: number;
  /** Of RMSProp: decay of the means. Of Adamax: how much the rate decays with each step. */
  readonly decay: number;
  /** Of RMSProp: the share of the last step that goes on. */
  readonly momentum: number;
  /** Keeps the step finite. */
  readonly epsilon: number;
  /** Of RMSProp: whether the mean of gradients is taken off the mean of squares. */
  readonly centered: boolean;
  /** Of momentum: whether the gradient counts as if taken where the momentum leads. */
  readonly useNesterov: boolean;
  /** Of Adagrad: what its sums begin with. */
  readonly initialAccumulatorValue: number;
  /** Of SGD and momentum: the negative learning rate that counts. */
  readonly c: tf.Scalar;
  /** Of momentum: the share that counts. */
  readonly m: tf.Scalar;
  /** Of Adam and Adamax: β₁ᵗ of the next step. */
  readonly accBeta1: tf.Variable;
  /** Of Adam: β₂ᵗ of the next step. */
  readonly accBeta2: tf.Variable;
  /** Of Adamax: steps made. */
  readonly iteration: tf.Variable;
  /** Counts a step. */
  incrementIterations(): void;
}

/** What `adam_update` and `adamax_update` are told. */
export type AdamScalars = readonly [rate: number, beta1: number, beta2: number, epsilon: number];

type Decays = Pick<Members, 'beta1' | 'beta2' | 'epsilon'>;

/** Adam with ε beside the corrected root, `p ← p − η · m̂ / (√v̂ + ε)`, and with βᵗ as products in float32. */
export function adamScalars(rate: number, decays: Decays, power1: number, power2: number): AdamScalars {
  const root = Math.sqrt(Math.fround(1 - power2));
  return [(rate * root) / Math.fround(1 - power1), decays.beta1, decays.beta2, decays.epsilon * root];
}

/** Adamax with β₁ᵗ as a product in float32 and a rate that decays step by step. */
export function adamaxScalars(
  rate: number,
  { beta1, beta2, epsilon, decay }: Decays & Pick<Members, 'decay'>,
  power: number,
  made: number,
): AdamScalars {
  return [rate / (made * decay + 1) / Math.fround(1 - power), beta1, beta2, epsilon];
}

/** The ε of RMSProp: centered, they take it off where others add it. */
export function rmspropEpsilon({ centered, epsilon }: Pick<Members, 'centered' | 'epsilon'>): number {
  return centered ? -epsilon : epsilon;
}
