/** Noise that exists only while training: values moved, scaled or replaced by chance. */

import { checkOptions, numberIn } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import { type Layer, labelOf, only } from './layer';
import { single, unweighted } from './unweighted';

/** Codes of crate/src/kernels/noise.rs. */
const ADDED = 0;
const MULTIPLIED = 1;
const ALPHA = 2;
const ALPHA_GRADIENT = 3;

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions {
  /** Standard deviation of the noise. */
  readonly stddev: number;
  /** Unique name in the model. Default `gaussian_noise_1`, …. */
  readonly name?: string;
}

/**
 * While training, adds normal noise of mean 0; otherwise hands its input on. Any shape. The chances follow from the
 * model's seed and the number of the step.
 *
 * @throws {OptionError} when `stddev` is not a finite number ≥ 0.
 */
export function gaussianNoise(options: GaussianNoiseOptions): Layer {
  const label = labelOf('gaussianNoise', options);
  checkOptions(label, options, ['stddev', 'name']);
  const stddev = numberIn(options.stddev, 0, Number.POSITIVE_INFINITY, `${label}: stddev`);
  const kind = { label: 'gaussianNoise', className: 'GaussianNoise', config: { stddev } };
  return noise(kind, options.name, { forward: ADDED, backward: undefined, parameter: stddev });
}

/** Options of {@link gaussianDropout} and {@link alphaDropout}. */
export interface NoiseRateOptions {
  /** How much noise, in [0, 1): the share that {@link alphaDropout} replaces. */
  readonly rate: number;
  /** Unique name in the model. Default `gaussian_dropout_1`, `alpha_dropout_1`, …. */
  readonly name?: string;
}

/**
 * While training, multiplies by normal numbers of mean 1 and standard deviation √(rate / (1 − rate)), as much noise as
 * dropout makes (Srivastava et al., 2014, section 10); otherwise hands its input on. Any shape.
 *
 * @throws {OptionError} when `rate` is not in [0, 1).
 */
export function gaussianDropout(options: NoiseRateOptions): Layer {
  return rated('gaussianDropout', 'GaussianDropout', options, [MULTIPLIED, MULTIPLIED]);
}

/**
 * Dropout for networks of selu (Klambauer et al., 2017): while training, puts the lowest value of selu in place of values
 * by chance, then scales and moves all so that mean 0 and variance 1 stay; otherwise hands its input on. Any shape.
 *
 * @throws {OptionError} when `rate` is not in [0, 1).
 */
export function alphaDropout(options: NoiseRateOptions): Layer {
  return rated('alphaDropout', 'AlphaDropout', options, [ALPHA, ALPHA_GRADIENT]);
}

function rated(
  kind: string,
  className: string,
  options: NoiseRateOptions,
  [forward, backward]: readonly [number, number],
): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['rate', 'name']);
  const rate = numberIn(options.rate, 0, 1 - Number.EPSILON, `${label}: rate`);
  return noise({ label: kind, className, config: { rate } }, options.name, { forward, backward, parameter: rate });
}

function noise(
  kind: { readonly label: string; readonly className: string; readonly config: Readonly<Record<string, unknown>> },
  name: string | undefined,
  { forward, backward, parameter }: { forward: number; backward: number | undefined; parameter: number },
): Layer {
  return unweighted({
    ...kind,
    name,
    infer: single,
    emit(builder, inputs, shape) {
      const { buffer: x } = only(inputs, kind.label);
      if (!builder.training || parameter === 0) {
        return { output: { buffer: x, shape }, backward: (gradient) => [gradient] };
      }
      const stream = builder.nextStream();
      const emit = (code: number, source: Buffer, role: string): Buffer => {
        const target = builder.temporary(role, shape);
        const numbers = [code, parameter, x.size, stream];
        builder.call('noise', [...numbers, read(builder.clock), read(source), write(target)], 20 * x.size);
        return target;
      };
      const y = emit(forward, x, 'output');
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, [needed]) {
          if (!needed) return [undefined];
          // The same chances again: nothing needs to be kept. What was only added has gradient 1.
          return [backward === undefined ? gradient : emit(backward, gradient, 'input gradient')];
        },
      };
    },
  });
}
