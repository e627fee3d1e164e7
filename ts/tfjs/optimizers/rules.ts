/** How each optimizer of TensorFlow.js steps with our kernels. */

import * as tf from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { withScratch } from '../kernels/kernel';
import { adamaxScalars, adamScalars, type Members, rmspropEpsilon } from './theirs';

/** What a kernel takes. */
export interface Places {
  /** Number of elements of the weight. */
  readonly length: number;
  /** Address of the weight. */
  readonly weight: number;
  /** Address of its gradient. */
  readonly gradient: number;
  /** Addresses of what is kept for it, in the order of the rule. */
  readonly kept: readonly number[];
  /** Address of the scalars. */
  readonly scalars: number;
}

/** How an optimizer steps. */
export interface Rule {
  /** The members that hold arrays of weights, and what the arrays' names add to those of the weights. */
  kept(optimizer: Members): readonly (readonly [member: string, suffix: string])[];
  /** What the arrays begin with; 0 when left out. */
  initial?(optimizer: Members): number;
  /** The scalars of this step. */
  scalars(optimizer: Members, backend: ConvgradBackend): readonly number[];
  /** Runs the kernel on one weight. */
  run(backend: ConvgradBackend, places: Places, optimizer: Members): void;
  /** What comes after all weights. */
  finish?(optimizer: Members): void;
}

const numberOf = (scalar: tf.Tensor, backend: ConvgradBackend): number => backend.window(scalar)[0] as number;

/** The next power of a decay, in float32. */
const raise = (power: tf.Variable, decay: number): void => tf.tidy(() => power.assign(tf.mul(power, decay)));

const sgd: Rule = {
  kept: () => [],
  scalars: ({ c }, backend) => [-numberOf(c, backend)],
  run({ engine }, { length, weight, gradient, scalars }) {
    engine.call('sgd_update', length, weight, gradient, scalars);
  },
};

const momentum: Rule = {
  kept: () => [['accumulations', 'momentum']],
  // The velocity is the sum of gradients, which the rate of today scales.
  scalars: ({ c, m }, backend) => [-numberOf(c, backend), numberOf(m, backend), 1],
  run({ engine }, { length, weight, gradient, kept: [velocity = 0], scalars }, { useNesterov }) {
    engine.call('momentum_update', length, Number(useNesterov), weight, gradient, velocity, scalars);
  },
};

const adam: Rule = {
  kept: () => [
    ['accumulatedFirstMoment', 'm'],
    ['accumulatedSecondMoment', 'v'],
  ],
  scalars(optimizer, backend) {
    const { learningRate, accBeta1, accBeta2 } = optimizer;
    return adamScalars(learningRate, optimizer, numberOf(accBeta1, backend), numberOf(accBeta2, backend));
  },
  run({ engine }, { length, weight, gradient, kept: [mean = 0, square = 0], scalars }) {
    engine.call('adam_update', length, weight, gradient, mean, square, scalars);
  },
  finish({ accBeta1, accBeta2, beta1, beta2 }) {
    raise(accBeta1, beta1);
    raise(accBeta2, beta2);
  },
};

const adamax: Rule = {
  kept: () => [
    ['accumulatedFirstMoment', 'm'],
    ['accumulatedWeightedInfNorm', 'v'],
  ],
  scalars(optimizer, backend) {
    const { learningRate, accBeta1, iteration } = optimizer;
    return adamaxScalars(learningRate, optimizer, numberOf(accBeta1, backend), numberOf(iteration, backend));
  },
  run({ engine }, { length, weight, gradient, kept: [mean = 0, largest = 0], scalars }) {
    engine.call('adamax_update', length, weight, gradient, mean, largest, scalars);
  },
  finish({ iteration, accBeta1, beta1 }) {
    tf.tidy(() => iteration.assign(tf.add(iteration, 1)));
    raise(accBeta1, beta1);
  },
};

const rmsprop: Rule = {
  kept: ({ centered }) => [
    ['accumulatedMeanSquares', 'rms'],
    ['accumulatedMoments', 'momentum'],
    ...(centered ? ([['accumulatedMeanGrads', 'mg']] as const) : []),
  ],
  scalars(optimizer) {
    const { learningRate, decay, momentum } = optimizer;
    return [learningRate, decay, momentum, rmspropEpsilon(optimizer)];
  },
  run(backend, { length, weight, gradient, kept: [square = 0, step = 0, mean], scalars }, { centered }) {
    const call = (means: number) =>
      backend.engine.call('rmsprop_update', length, Number(centered), weight, gradient, square, means, step, scalars);
    if (mean === undefined) withScratch(backend, length, call);
    else call(mean);
  },
};

const adagrad: Rule = {
  kept: () => [['accumulatedGrads', 'accumulator']],
  initial: ({ initialAccumulatorValue }) => initialAccumulatorValue,
  scalars: ({ learningRate }, backend) => [learningRate, backend.epsilon()],
  run({ engine }, { length, weight, gradient, kept: [accumulator = 0], scalars }) {
    engine.call('adagrad_update', length, weight, gradient, accumulator, scalars);
  },
};

const adadelta: Rule = {
  kept: () => [
    ['accumulatedGrads', 'accum_grad'],
    ['accumulatedUpdates', 'accum_var'],
  ],
  // The last says that a step takes the mean of squares of the step before.
  scalars: ({ learningRate, rho, epsilon }) => [learningRate, rho, epsilon, 1],
  run({ engine }, { length, weight, gradient, kept: [squares = 0, steps = 0], scalars }) {
    engine.call('adadelta_update', length, weight, gradient, squares, steps, scalars);
  },
};

/** The rules by the prototypes of TensorFlow.js's optimizers. */
export const rules: readonly (readonly [optimizer: tf.Optimizer, rule: Rule])[] = [
  [tf.SGDOptimizer.prototype, sgd],
  [tf.MomentumOptimizer.prototype, momentum],
  [tf.AdamOptimizer.prototype, adam],
  [tf.AdamaxOptimizer.prototype, adamax],
  [tf.RMSPropOptimizer.prototype, rmsprop],
  [tf.AdagradOptimizer.prototype, adagrad],
  [tf.AdadeltaOptimizer.prototype, adadelta],
];
