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

/** The activation functions whose derivative the matrix form writes by their output. */
export const toldActivations: Readonly<Partial<Record<ActivationName, Told>>> = {
  linear: { apply: (z) => z, slope: () => 1, slopeText: () => '' },
  sigmoid: { apply: (z) => 1 / (1 + Math.exp(-z)), slope: (h) => h * (1 - h), slopeText: (h) => `${h}(1−${h})` },
  relu: { apply: (z) => Math.max(z, 0), slope: (h) => (h > 0 ? 1 : 0), slopeText: (h) => `(${h}>0)` },
  tanh: { apply: Math.tanh, slope: (h) => 1 - h * h, slopeText: (h) => `(1−${h}²)` },
  relu6: {
    apply: (z) => Math.min(Math.max(z, 0), 6),
    slope: (h) => (h > 0 && h < 6 ? 1 : 0),
    slopeText: (h) => `(0<${h}<6)`,
  },
};

/** The activation that a layer's configuration names. */
export function activationOf(config: Readonly<Record<string, unknown>>): ActivationName {
  return config.activation as ActivationName;
}
