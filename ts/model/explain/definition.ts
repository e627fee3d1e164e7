/** The form of a layer's definition: its output and gradients in words and in double precision. */

import type { BuiltLayer } from '../../layers/layer';

/** What a definition computes from. */
export interface Seen {
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Samples of the step. */
  readonly batch: number;
  /** Its first input. */
  readonly x: Float32Array;
  /** All its inputs. */
  readonly xs: readonly Float32Array[];
  /** An array by its role: `y`, `gamma`, `dz`; undefined where the layer has none. */
  find(role: string): Float32Array | undefined;
  /** Gradient by the output; empty in the forward pass. */
  readonly dy: Float32Array;
}

/** A value with the words for it. */
export interface Told {
  /** In terms of `X`, of several inputs `X1`, `X2`, …, `Y`, `dY` and weights by their roles. */
  readonly text: string;
  /** The value. */
  expected(): Float64Array | undefined;
}

/** What is known of a layer. */
export interface Definition {
  /** Its output. */
  readonly output?: Told;
  /** Gradients of weights by their roles. */
  readonly weights?: Readonly<Record<string, Told>>;
  /** Gradients of its inputs. */
  readonly inputs?: readonly Told[];
}

/** What is known of a layer, from what a step left behind. */
export type Define = (seen: Seen) => Definition;
