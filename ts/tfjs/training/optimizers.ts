/**
 * Optimizers of TensorFlow.js as ours. Where theirs compute otherwise than Keras's, which ours follow, ours are told to do as
 * theirs do, number by number.
 */

import type * as tf from '@tensorflow/tfjs';
import { adadelta, adagrad, adam, adamax, type Optimizer, OptionError, rmsprop, sgd } from '../../index';
import { adamaxScalars, adamScalars, type Members, rmspropEpsilon } from '../optimizers/theirs';

/** An optimizer of theirs, translated. */
export interface Translated {
  /** Ours. Its learning rate follows theirs, whenever that is changed. */
  readonly optimizer: Optimizer;
  /** The slots of ours in the order in which theirs keeps its arrays. */
  readonly order: readonly string[];
  /** What theirs fills its arrays with before the first step. */
  readonly initial: number;
}

/** What the places of `writeScalars` are, for the kernels of ours that are told more than Keras's optimizers say. */
const place = { unscaled: 2, epsilon: 3, lagging: 3 } as const;

type Write = (scalars: Float32Array, start: number, rate: number) => void;

/**
 * Our optimizer for one of theirs.
 *
 * @param epsilon - What their optimizers without an ε of their own take: the backend's.
 * @throws {OptionError} naming an optimizer that this library does not have.
 */
export async function translateOptimizer(theirs: tf.Optimizer, epsilon: number, where: string): Promise<Translated> {
  const config = theirs.getConfig() as Record<string, number>;
  const hidden = theirs as unknown as Members;
  const rate = (): number => hidden.learningRate;
  switch (theirs.getClassName()) {
    case 'SGD':
      return { optimizer: following(sgd(), await scaledRate(hidden)), order: [], initial: 0 };
    case 'Momentum': {
      const [momentum = 0] = await hidden.m.data();
      if (momentum === 0) return momentumOf(sgd(), await scaledRate(hidden), []);
      // In float32, 0.9 is a little more or less than here.
      const ours = sgd({ momentum, nesterov: Boolean(config.useNesterov) });
      return momentumOf(ours, await scaledRate(hidden), ['velocity']);
    }
    case 'Adam':
      return { optimizer: following(adam(), rate, await adamWrite(hidden, config)), order: ['m', 'v'], initial: 0 };
    case 'Adamax':
      return {
        optimizer: following(adamax(), rate, await adamaxWrite(hidden, config)),
        order: ['m', 'u'],
        initial: 0,
      };
    case 'RMSProp': {
      const { decay = 0.9, momentum = 0, centered } = config;
      const ours = rmsprop({ rho: decay, momentum, centered: Boolean(centered) });
      const order = ['square', 'step', ...(centered ? ['mean'] : [])];
      const signed = rmspropEpsilon({ centered: Boolean(centered), epsilon: config.epsilon ?? epsilon });
      return { optimizer: following(ours, rate, put(place.epsilon, signed)), order, initial: 0 };
    }
    case 'Adagrad': {
      const initial = config.initialAccumulatorValue ?? 0.1;
      return { optimizer: following(adagrad({ epsilon }), rate), order: ['accumulator'], initial };
    }
    case 'Adadelta': {
      const ours = adadelta({ rho: config.rho ?? 0.95, epsilon: config.epsilon ?? epsilon });
      return { optimizer: following(ours, rate, put(place.lagging, 1)), order: ['squares', 'steps'], initial: 0 };
    }
    default:
      throw new OptionError(
        `${where}: expected an optimizer of SGD, Momentum, Adam, Adamax, RMSProp, Adagrad, Adadelta, got ${theirs.getClassName()}`,
      );
  }
}

function momentumOf(ours: Optimizer, rate: () => number, order: readonly string[]): Translated {
  return { optimizer: following(ours, rate, put(place.unscaled, 1)), order, initial: 0 };
}

/** `ours` with another learning rate before each step, and what `write` adds to its scalars. */
function following(ours: Optimizer, rate: () => number, write?: Write): Optimizer {
  return {
    ...ours,
    writeScalars(scalars, start, iteration) {
      this.learningRate = rate();
      ours.writeScalars.call(this, scalars, start, iteration);
      write?.(scalars, start, this.learningRate);
    },
  };
}

const put =
  (index: number, value: number): Write =>
  (scalars, start) => {
    scalars[start + index] = value;
  };

/** Of SGD and momentum the rate that `setLearningRate` set last counts: not what was assigned to `learningRate`. */
async function scaledRate(hidden: Members): Promise<() => number> {
  let known = hidden.c;
  let rate = -((await known.data())[0] as number);
  return () => {
    if (hidden.c !== known) {
      known = hidden.c;
      rate = hidden.learningRate;
    }
    return rate;
  };
}

/** Adam's numbers, with βᵗ as a product in float32, which is 5e-5 away from 1 − β₂ at the first step. */
async function adamWrite(hidden: Members, config: Record<string, number>): Promise<Write> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = config;
  let [power1 = 0] = await hidden.accBeta1.data();
  let [power2 = 0] = await hidden.accBeta2.data();
  return (scalars, start, rate) => {
    scalars.set(adamScalars(rate, { beta1, beta2, epsilon }, power1, power2), start);
    power1 = Math.fround(power1 * Math.fround(beta1));
    power2 = Math.fround(power2 * Math.fround(beta2));
  };
}

/** Adamax's numbers. */
async function adamaxWrite(hidden: Members, config: Record<string, number>): Promise<Write> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, decay = 0 } = config;
  let [power = 0] = await hidden.accBeta1.data();
  let [made = 0] = await hidden.iteration.data();
  return (scalars, start, rate) => {
    scalars.set(adamaxScalars(rate, { beta1, beta2, epsilon, decay }, power, made), start);
    power = Math.fround(power * Math.fround(beta1));
    made++;
  };
}
