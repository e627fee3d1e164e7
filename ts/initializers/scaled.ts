/**
 * Initializers whose spread follows the number of inputs and outputs, so that signals neither fade nor explode:
 * Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998. The arithmetic is Keras's VarianceScaling.
 */

import { fans, type Initializer } from './initializer';

type Fan = 'fanIn' | 'fanAvg';

function scaled(className: string, scale: number, fan: Fan, distribution: 'uniform' | 'normal'): Initializer {
  return {
    className,
    config: {},
    fill(values, shape, random) {
      const { fanIn, fanOut } = fans(shape);
      const variance = scale / (fan === 'fanIn' ? fanIn : (fanIn + fanOut) / 2);
      if (distribution === 'uniform') {
        const limit = Math.sqrt(3 * variance);
        for (let index = 0; index < values.length; index++) values[index] = random.uniform(-limit, limit);
      } else {
        // Cutting a normal distribution at two deviations leaves 0.8796 of its spread; Keras makes up for it.
        const deviation = Math.sqrt(variance) / 0.87962566103423978;
        for (let index = 0; index < values.length; index++) values[index] = random.truncatedNormal(0, deviation);
      }
    },
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
