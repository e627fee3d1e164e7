/** A step as data: its calls, and where their buffers lie. */

import type { Buffer } from './buffer';
import type { PlanBuilder } from './builder';
import type { KernelCall } from './call';
import { type Layout, layOut } from './layout';

/** A laid-out list of kernel calls for one batch size. It has no memory; {@link Executable} gives it some. */
export interface Plan {
  /** Number of samples of a step. */
  readonly batch: number;
  /** In the order of execution. */
  readonly calls: readonly KernelCall[];
  /** Written once, when the plan gets memory. */
  readonly constants: PlanBuilder['constants'];
  /** Bytes of the constants. */
  readonly constantBytes: number;
  /** Bytes of the arena, with and without reuse. */
  readonly layout: Layout;
  /** Filled before each run: the model's inputs and, when there is a loss, its targets. */
  readonly inputs: readonly Buffer[];
  /** Read after each run. */
  readonly outputs: readonly Buffer[];
}

/** Ends a builder: lays out the memory. */
export function finishPlan(builder: PlanBuilder, inputs: readonly Buffer[], outputs: readonly Buffer[]): Plan {
  return {
    batch: builder.batch,
    calls: builder.calls,
    constants: builder.constants,
    constantBytes: builder.constantBytes,
    layout: layOut(builder.calls, { first: inputs, last: outputs }, !builder.keepAll),
    inputs,
    outputs,
  };
}
