/** A step as data: its calls, and where their buffers lie. */

import type { Buffer } from './buffer';
import type { PlanBuilder } from './builder';
import { bufferArguments, type KernelCall } from './call';
import { type Layout, layOut } from './layout';

/** A laid-out list of kernel calls for one batch size. It has no memory; {@link Executable} gives it some. */
export interface Plan {
  /** Number of samples of a step. */
  readonly batch: number;
  /** What runs before the calls when weights have changed. */
  readonly preparations: readonly KernelCall[];
  /** In the order of execution. */
  readonly calls: readonly KernelCall[];
  /** Written once, when the plan gets memory. */
  readonly constants: PlanBuilder['constants'];
  /** Bytes of the constants. */
  readonly constantBytes: number;
  /** Bytes of what the preparations make. */
  readonly keptBytes: number;
  /** Bytes of the arena, with and without reuse. */
  readonly layout: Layout;
  /** Filled before each run: the model's inputs and, when there is a loss, its targets. */
  readonly inputs: readonly Buffer[];
  /** Read after each run. */
  readonly outputs: readonly Buffer[];
}

/** Ends a builder: lays out the memory. */
export function finishPlan(builder: PlanBuilder, inputs: readonly Buffer[], outputs: readonly Buffer[]): Plan {
  checkOrder(builder.calls, inputs);
  const { batch, preparations, calls, constants, constantBytes, keptBytes } = builder;
  return {
    ...{ batch, preparations, calls, constants, constantBytes, keptBytes },
    layout: layOut([...preparations, ...calls], { first: inputs, last: outputs }, !builder.keepAll),
    inputs,
    outputs,
  };
}

/** What shares memory may be read only after it was written. @throws {RangeError} when a layer's calls do otherwise. */
function checkOrder(calls: readonly KernelCall[], inputs: readonly Buffer[]): void {
  const written = new Set(inputs);
  for (const call of calls) {
    const args = bufferArguments(call);
    for (const { buffer, access } of args) {
      if (access === 'write' || buffer.region !== 'arena' || written.has(buffer)) continue;
      throw new RangeError(`${call.layer}: ${call.kernel} reads ${buffer.name}, which no call before it has written`);
    }
    for (const { buffer, access } of args) if (access !== 'read') written.add(buffer);
  }
}
