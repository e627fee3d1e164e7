/** One entry of a plan: a kernel and its arguments. */

import type { KernelName } from '../runtime/kernels';
import type { BufferArgument } from './buffer';

/** The part of the training step that a call belongs to. */
export type Phase = 'forward' | 'loss' | 'backward' | 'update';

/** A kernel call whose buffers have no addresses yet. */
export interface KernelCall {
  /** The export of the crate. */
  readonly kernel: KernelName;
  /** Numbers as they are, buffers by address, in the order of the kernel's signature. */
  readonly args: readonly (number | BufferArgument)[];
  /** Name of the layer, the loss or the optimizer that asked for it. */
  readonly layer: string;
  /** Part of the step. */
  readonly phase: Phase;
  /** Floating point operations; a multiply and an add count two. */
  readonly flops: number;
}

/** The buffer arguments of a call. */
export function bufferArguments(call: KernelCall): BufferArgument[] {
  return call.args.filter((argument): argument is BufferArgument => typeof argument !== 'number');
}
