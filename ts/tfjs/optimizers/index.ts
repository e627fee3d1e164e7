/** Steps of TensorFlow.js's optimizers: one kernel for each weight, where TensorFlow.js calls up to twenty. */

import * as tf from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, size, withScratch } from '../kernels/kernel';
import { type Rule, rules } from './rules';
import type { Members } from './theirs';

/** An array that an optimizer keeps for a weight. */
interface Kept {
  readonly originalName: string;
  readonly variable: tf.Variable;
}

type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];

/** A weight, where its arrays are among those that are kept, and its gradient, if it has one. */
interface Change {
  readonly name: string;
  readonly weight: tf.Variable;
  readonly gradient: tf.Tensor | undefined;
}

/**
 * Puts our steps in place of those of TensorFlow.js's optimizers while our backend is set. On other backends, and for weights
 * that are not float32, theirs stay. What an optimizer keeps lies where theirs keeps it, so that both can go on from each other.
 *
 * @param backendName - Of the backend on which they are ours.
 */
export function registerOptimizers(backendName: string): void {
  for (const [prototype, rule] of rules) {
    const theirs = prototype.applyGradients;
    prototype.applyGradients = function applyGradients(this: tf.Optimizer, gradients: Gradients): void {
      const isOurs = tf.getBackend() === backendName && step(this, rule, changesOf(gradients));
      if (!isOurs) theirs.call(this, gradients);
    };
  }
}

function changesOf(gradients: Gradients): readonly Change[] {
  const named = Array.isArray(gradients)
    ? gradients.map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(gradients);
  return named.map(([name, gradient]) => ({
    name,
    weight: tf.engine().registeredVariables[name] as tf.Variable,
    gradient: gradient ?? undefined,
  }));
}

/** Steps if all weights and gradients are what our kernels take, and answers whether they are. */
function step(optimizer: tf.Optimizer, rule: Rule, changes: readonly Change[]): boolean {
  const backend = tf.engine().backend as ConvgradBackend;
  // What is gone is left to TensorFlow.js and its errors.
  const isGone = (tensor: tf.Tensor | undefined) => tensor === undefined || tensor.isDisposed;
  const fits = ({ weight, gradient }: Change) =>
    gradient === undefined ||
    (![weight, gradient].some(isGone) && areFloats(backend, weight, gradient) && size(weight) === size(gradient));
  if (!changes.every(fits)) return false;
  const members = optimizer as unknown as Members;
  const scalars = rule.scalars(members, backend);
  const names = rule.kept(members);
  withScratch(backend, scalars.length, (address) => {
    backend.engine.memory.write(address, scalars);
    changes.forEach((change, index) => {
      const kept = names.map((name) => keptFor(members, rule, name, change, index));
      const { weight, gradient } = change;
      if (gradient === undefined) return;
      for (const variable of [weight, ...kept]) makeOwn(backend, variable);
      const places = {
        length: size(weight),
        weight: backend.address(weight),
        gradient: backend.address(gradient),
        kept: kept.map((variable) => backend.address(variable)),
        scalars: address,
      };
      rule.run(backend, places, members);
    });
  });
  rule.finish?.(members);
  members.incrementIterations();
  return true;
}

/** One of the arrays for a weight, made when it comes for the first time. */
function keptFor(
  optimizer: Members,
  rule: Rule,
  [member, suffix]: readonly [member: string, suffix: string],
  { name, weight }: Change,
  index: number,
): tf.Variable {
  const list = (optimizer as unknown as Record<string, Kept[]>)[member] as Kept[];
  list[index] ??= {
    originalName: `${name}/${suffix}`,
    variable: tf.tidy(() => tf.fill(weight.shape, rule.initial?.(optimizer) ?? 0).variable(false)),
  };
  return list[index].variable;
}

/** Gives a variable data of its own, to be written over, if other tensors share what it has. */
function makeOwn(backend: ConvgradBackend, variable: tf.Variable): void {
  if (backend.refCount(variable.dataId) === 1) return;
  const copy = backend.output(variable.shape);
  backend.window(copy).set(backend.window(variable));
  const tensor = tf.engine().makeTensorFromTensorInfo(copy, backend);
  variable.assign(tensor);
  tensor.dispose();
}
