/** Convolutions at inference whose filters are transformed once for many steps. */

import { type Buffer, type BufferArgument, read, write } from '../plan/buffer';
import type { KeptPass, PlanBuilder } from '../plan/builder';
import type { Convolution } from '../runtime/geometry';

/** What a convolution, or its transpose, reads and writes. */
interface Arrays {
  /** Its geometry block. */
  readonly geometry: Buffer;
  readonly x: Buffer;
  readonly kernel: Buffer;
  readonly bias: 0 | BufferArgument;
  readonly y: Buffer;
  /** Code of the activation. */
  readonly code: number;
}

/**
 * Emits `y = activation(conv(x, kernel) + bias)` with filters that are kept, for pass 7 the transpose.
 *
 * @returns whether it has: not in training, nor where it would take longer than with filters as they are.
 */
export function emitWithKept(
  builder: PlanBuilder,
  pass: KeptPass,
  sizes: Convolution,
  { geometry, x, kernel, bias, y, code }: Arrays,
): boolean {
  const size = builder.mayKeep(kernel) ? builder.workspaces.kept(pass, sizes) : 0;
  if (size === 0) return false;
  const kept = builder.kept('filters', size);
  const workspace = builder.workspace(builder.workspaces.convolution(pass, sizes));
  const scratch = [write(workspace), workspace.size];
  builder.prepare('conv2d_keep', [pass, read(geometry), read(kernel), write(kept), ...scratch]);
  const arrays = [read(geometry), read(x), read(kept), bias, write(y)];
  builder.call('conv2d_with_kept', [pass, ...arrays, code, ...scratch], sizes.flops);
  return true;
}
