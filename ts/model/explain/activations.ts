/** What the matrix form says of each activation function, in double precision and in words. */

import type { ActivationName } from '../../layers/activations';

/** A function with its derivative by its own output `h`. */
interface Told {
  /** The function. */
  readonly apply: (z: number) => number;
  /** Its derivative, from its output. */
  readonly slope: (h: number) => number;
  /** The derivative as text; empty for the identity. */
  readonly slopeText: (h: string) => string;
}

/** Every activation function of the layers. */
export const toldActivations: Readonly<Record<ActivationName, Told>> = {
  linear: { apply: (z) => z, slope: () => 1, slopeText: () => '' },
  sigmoid: { apply: (z) => 1 / (1 + Math.exp(-z)), slope: (h) => h * (1 - h), slopeText: (h) => `${h}(1−${h})` },
  relu: { apply: (z) => Math.max(z, 0), slope: (h) => (h > 0 ? 1 : 0), slopeText: (h) => `(${h}>0)` },
  tanh: { apply: Math.tanh, slope: (h) => 1 - h * h, slopeText: (h) => `(1−${h}²)` },
};

/** The activation that a layer's configuration names. */
export function activationOf(config: Readonly<Record<string, unknown>>): ActivationName {
  return config.activation as ActivationName;
}
