/**
 * Initializers whose spread follows the number of inputs and outputs, so that signals neither fade nor explode:
 * Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998. The arithmetic is Keras's VarianceScaling.
 */

import type { Random } from '../random';
import type { Shape } from '../shape';
import { fans, type Initializer } from './initializer';

/** What the variance is divided by. */
export type Fan = 'fanIn' | 'fanOut' | 'fanAvg';

/** Shape of the distribution; the variance is the same. */
export type Distribution = 'truncatedNormal' | 'untruncatedNormal' | 'uniform';

/** Draws values of mean 0 and variance `scale / fan`. */
export function drawScaled(
  values: Float32Array,
  shape: Shape,
  random: Random,
  { scale, mode, distribution }: { scale: number; mode: Fan; distribution: Distribution },
): void {
  const { fanIn, fanOut } = fans(shape);
  const variance = scale / (mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2);
  const deviation = Math.sqrt(variance);
  const limit = Math.sqrt(3 * variance);
  for (let index = 0; index < values.length; index++) {
    if (distribution === 'uniform') values[index] = random.uniform(-limit, limit);
    else if (distribution === 'untruncatedNormal') values[index] = random.normal(0, deviation);
    // Cutting a normal distribution at two deviations leaves 0.8796 of its spread; Keras makes up for it.
    else values[index] = random.truncatedNormal(0, deviation / 0.87962566103423978);
  }
}

function scaled(className: string, scale: number, mode: Fan, kind: 'uniform' | 'normal'): Initializer {
  const distribution = kind === 'uniform' ? kind : 'truncatedNormal';
  return {
    className,
    config: {},
    fill: (values, shape, random) => drawScaled(values, shape, random, { scale, mode, distribution }),
  };
}

/** Uniform in ±√(6 / (fanIn + fanOut)): the default of kernels. */
export function glorotUniform(): Initializer {
  return scaled('GlorotUniform', 1, 'fanAvg', 'uniform');
}

/** Truncated normal of variance 2 / (fanIn + fanOut). */
export function glorotNormal(): Initializer {
  return scaled('GlorotNormal', 1, 'fanAvg', 'normal');
}

/** Uniform in ±√(6 / fanIn), for relu. */
export function heUniform(): Initializer {
  return scaled('HeUniform', 2, 'fanIn', 'uniform');
}

/** Truncated normal of variance 2 / fanIn, for relu. */
export function heNormal(): Initializer {
  return scaled('HeNormal', 2, 'fanIn', 'normal');
}

/** Uniform in ±√(3 / fanIn), for selu. */
export function lecunUniform(): Initializer {
  return scaled('LecunUniform', 1, 'fanIn', 'uniform');
}

/** Truncated normal of variance 1 / fanIn, for selu. */
export function lecunNormal(): Initializer {
  return scaled('LecunNormal', 1, 'fanIn', 'normal');
}
