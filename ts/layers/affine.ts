/** What normalizations have in common: their options, and a factor and a shift for every channel. */

import type { PartConfig } from '../config';
import type { Constraint } from '../constraints';
import type { Initializer } from '../initializers';
import type { InitializerName } from '../initializers/registry';
import { boolean, numberIn } from '../options';
import { type Buffer, type BufferArgument, read, write } from '../plan/buffer';
import type { Regularizer } from '../regularizers';
import type { WeightBuffers, WeightSpec } from './layer';
import { readRules } from './weighted';

/** Options that the normalizations have in common. */
export interface NormalizationOptions {
  /** Keeps the division finite. Default 0.001. */
  readonly epsilon?: number;
  /** Whether each channel has a shift β. Default true. */
  readonly center?: boolean;
  /** Whether each channel has a factor γ. Default true. */
  readonly scale?: boolean;
  /** First values of β. Default `'zeros'`. */
  readonly betaInitializer?: InitializerName | Initializer | PartConfig;
  /** First values of γ. Default `'ones'`. */
  readonly gammaInitializer?: InitializerName | Initializer | PartConfig;
  /** Penalty on large values of β. Default none. */
  readonly betaRegularizer?: Regularizer | PartConfig;
  /** Penalty on large values of γ. Default none. */
  readonly gammaRegularizer?: Regularizer | PartConfig;
  /** Rule for β after each update. Default none. */
  readonly betaConstraint?: Constraint | PartConfig;
  /** Rule for γ after each update. Default none. */
  readonly gammaConstraint?: Constraint | PartConfig;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** Unique name in the model. Default `batch_normalization_1`, `layer_normalization_1`, …. */
  readonly name?: string;
}

/** The names of {@link NormalizationOptions}. */
export const normalizationOptions = [
  ...['epsilon', 'center', 'scale', 'trainable', 'name'],
  ...['beta', 'gamma'].flatMap((name) => [`${name}Initializer`, `${name}Regularizer`, `${name}Constraint`]),
];

/** The options, checked. */
export interface Settings {
  /** See {@link NormalizationOptions}. */
  readonly epsilon: number;
  /** See {@link NormalizationOptions}. */
  readonly center: boolean;
  /** See {@link NormalizationOptions}. */
  readonly scale: boolean;
  /** Keras's configuration of these options. */
  readonly config: Readonly<Record<string, unknown>>;
  /** γ and β, as far as they are wanted. */
  affineWeights(channels: number): WeightSpec[];
}

/** Checks the options. @throws {OptionError} when one is out of range. */
export function readSettings(options: NormalizationOptions, label: string): Settings {
  const epsilon = numberIn(options.epsilon ?? 0.001, 0, Number.POSITIVE_INFINITY, `${label}: epsilon`);
  const center = boolean(options.center ?? true, `${label}: center`);
  const scale = boolean(options.scale ?? true, `${label}: scale`);
  const trainable = boolean(options.trainable ?? true, `${label}: trainable`);
  const beta = readRules(options, 'beta', 'zeros', label);
  const gamma = readRules(options, 'gamma', 'ones', label);
  return {
    epsilon,
    center,
    scale,
    config: { epsilon, center, scale, trainable, ...beta.config, ...gamma.config },
    affineWeights(channels) {
      const weights: WeightSpec[] = [];
      if (scale) weights.push({ name: 'gamma', shape: [channels], trainable: true, ...gamma.spec });
      if (center) weights.push({ name: 'beta', shape: [channels], trainable: true, ...beta.spec });
      return weights;
    },
  };
}

/** The weights of a normalization. */
export interface Affine {
  /** Factors. */
  readonly gamma: WeightBuffers | undefined;
  /** Shifts. */
  readonly beta: WeightBuffers | undefined;
  /** The other weights. */
  readonly rest: readonly WeightBuffers[];
}

/** Tells the weights apart. */
export function takeAffine({ center, scale }: Settings, weights: readonly WeightBuffers[]): Affine {
  const rest = [...weights];
  const gamma = scale ? rest.shift() : undefined;
  const beta = center ? rest.shift() : undefined;
  return { gamma, beta, rest };
}

/** A buffer that a kernel reads, where there is one. */
export const maybe = (buffer: Buffer | undefined): 0 | BufferArgument => (buffer === undefined ? 0 : read(buffer));
/** A buffer that a kernel writes, where there is one. */
export const maybeWrite = (buffer: Buffer | undefined): 0 | BufferArgument =>
  buffer === undefined ? 0 : write(buffer);
