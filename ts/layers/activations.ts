/** Activation functions that work on each element, their kernels' codes, and how layers apply them. */

import { lookUp } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';

/** Codes of crate/src/kernels/activation.rs. */
const codes = { linear: 0, sigmoid: 1, relu: 2, tanh: 3 } as const;

/** Name of an activation function: `linear` is the identity, `sigmoid` 1 / (1 + e⁻ˣ), `relu` max(x, 0). */
export type ActivationName = keyof typeof codes;

/** The names of all activation functions. */
export const activationNames = Object.keys(codes) as ActivationName[];

/** The kernel code of an activation. @throws {OptionError} when the name is not known. */
export function activationCode(name: ActivationName, where: string): number {
  return lookUp<number>(codes, name, `${where}: activation`);
}

/** Emits `y = activation(x)` into a fresh buffer. */
export function emitActivation(builder: PlanBuilder, code: number, x: Buffer): Buffer {
  const y = builder.temporary('output', x.shape);
  builder.call('activation_forward', [code, x.size, read(x), write(y)], x.size);
  return y;
}

/**
 * Emits the gradient by the activation's input, `dz = dy · activation′(z)`, from the activation's output.
 *
 * @param y - The activation's output.
 * @param dy - Gradient by the output; overwritten where nobody else reads it.
 */
export function emitActivationGradient(builder: PlanBuilder, code: number, y: Buffer, dy: Buffer): Buffer {
  if (code === codes.linear) return dy;
  const dz = builder.inPlace(dy, 'preactivation gradient');
  builder.call('activation_gradient', [code, y.size, read(y), read(dy), write(dz)], 3 * y.size);
  return dz;
}
