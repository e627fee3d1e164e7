/** What the random suite knows of a layer: which configurations it has, and its definition in double precision. */

import fc from 'fast-check';
import { type ActivationName, activationNames } from '../../../ts/layers/activations';
import type { Nodes, Tape } from '../../support/tape';

/** Options as the layer's function takes them. */
export type Options = Readonly<Record<string, unknown>>;

/** A configuration of a layer. */
export interface LayerSetting {
  /** Shapes of its inputs without batch. */
  readonly inputShapes: readonly (readonly number[])[];
  /** Options. */
  readonly options: Options;
}

/** What a definition computes from. */
export interface Given {
  /** Where to compute. */
  readonly tape: Tape;
  /** The inputs. */
  readonly inputs: readonly Nodes[];
  /** The weights, in the layer's order. */
  readonly weights: readonly Nodes[];
  /** What the layer dropped by chance: for each value of the input. */
  readonly dropped: readonly boolean[];
  /** The chance of a value of the input in the first step, in (0, 1): from the model's generator, by its definition. */
  chance(index: number): number;
  /** The four random words that a layer draws for a sample. */
  words(sample: number): readonly number[];
}

/** A layer of the registry for the random suite. */
export interface Definition {
  /** Its configurations. */
  readonly settings: fc.Arbitrary<LayerSetting>;
  /** Its output, from its definition. */
  compute(given: Given, options: Options): Nodes;
  /** What it adds to the loss. Default nothing. */
  penalty?(given: Given, options: Options): number;
  /** Smallest batch. Default 1. */
  readonly minBatch?: number;
  /** Whether it drops values by chance: then there is one sample and a loss whose gradients are not zero. */
  readonly drops?: boolean;
  /** Whether it computes with fractions drawn by chance: then whole numbers need not come out whole. */
  readonly rounds?: boolean;
}

/** An integer. */
export const integer = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
/** Two integers from 1. */
export const two = (max: number): fc.Arbitrary<[number, number]> => fc.tuple(integer(1, max), integer(1, max));
/** The name of an activation; the linear one as often as all others. */
export const activation: fc.Arbitrary<ActivationName> = fc.oneof(
  fc.constant<ActivationName>('linear'),
  fc.constantFrom(...activationNames),
);
/** A small image. */
export const image: fc.Arbitrary<number[]> = fc
  .tuple(integer(1, 7), integer(1, 7), integer(1, 9))
  .map((shape) => [...shape]);
/** A shape of one to three dimensions. */
export const anyShape: fc.Arbitrary<number[]> = fc.array(integer(1, 7), { minLength: 1, maxLength: 3 });

/** The first of a list that has one. */
export function first<T>(list: readonly T[]): T {
  return list[0] as T;
}
