/** What training goes on from: taken from a model and put back, as a whole or not at all. */

import type { Checkpoint } from '../io';
import type { NamedTensor, Network } from '../model/network';
import { checkOptions, numberIn, wholeNumber } from '../options';
import { type Course, NOWHERE } from './course';
import { readCheckpoint } from './restore';

/** What training goes on from, beside the weights. */
export interface TrainingState {
  /** Steps that the optimizer has made. */
  readonly iterations: number;
  /** Epochs that `fit` has ended: the next order of samples follows from it. */
  readonly epochs: number;
  /** The optimizer's learning rate now. */
  readonly learningRate: number;
  /** What the optimizer keeps, slot by slot for each trained weight: `conv2d_1/kernel/m`, …. */
  readonly slots: readonly NamedTensor[];
}

/** Copies of everything beside the weights. @throws {StateError} before `compile`. */
export function takeState(network: Network, course: Course): TrainingState {
  const { optimizer } = network.requireCompiled('getTrainingState');
  const { iterations } = network;
  return { iterations, epochs: course.epochs, learningRate: optimizer.learningRate, slots: network.getSlots() };
}

/** @throws {OptionError | ShapeError} when the state does not fit; then nothing changes. */
export function putState(network: Network, course: Course, state: TrainingState): void {
  const where = `${network.name}.setTrainingState`;
  const { optimizer } = network.requireCompiled('setTrainingState');
  checkOptions(where, state, ['iterations', 'epochs', 'learningRate', 'slots']);
  const iterations = wholeNumber(state.iterations, `${where}: iterations`);
  const epochs = wholeNumber(state.epochs, `${where}: epochs`);
  const learningRate = numberIn(state.learningRate, 0, Number.MAX_VALUE, `${where}: learningRate`);
  network.setSlots(state.slots);
  network.iterations = iterations;
  course.moveTo({ ...NOWHERE, epochs });
  optimizer.learningRate = learningRate;
}

/** Weights, optimizer, chance and place. @throws {StateError} before `compile`. */
export function takeCheckpoint(network: Network, course: Course): Checkpoint {
  const { optimizer } = network.requireCompiled('checkpoint');
  const { slots, epochs, iterations, learningRate } = takeState(network, course);
  return {
    weights: network.getWeights(),
    optimizer: { className: optimizer.className, learningRate, iterations, slots },
    seed: network.seed,
    epochs,
    ...course.place(),
  };
}

/** @throws {OptionError | ShapeError} when the checkpoint does not fit; then nothing changes. */
export function putCheckpoint(network: Network, course: Course, checkpoint: Checkpoint): void {
  const { optimizer } = network.requireCompiled('restore');
  const { weights, seed, place, ...state } = readCheckpoint(checkpoint, optimizer, `${network.name}.restore`);
  const before = takeState(network, course);
  putState(network, course, { ...state, epochs: place.epochs });
  try {
    network.setWeights(weights);
  } catch (error) {
    putState(network, course, before);
    throw error;
  }
  network.seed = seed;
  course.moveTo(place);
}
