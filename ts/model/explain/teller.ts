/** Reads the arrays of an executed step by layer and role. */

import type { Buffer } from '../../plan/buffer';
import type { Network } from '../network';
import type { Step } from '../store';
import { type Factor, makeFactor, type View } from './factor';

/** An array with its shape in memory, samples first. */
export interface Stored {
  /** The values, a copy. */
  readonly data: Float32Array;
  /** As it lies in memory. */
  readonly shape: readonly number[];
}

/** A batch of values on its way through the layers, under the name that the equations give it. */
export interface Named {
  /** `X`, `H1`. */
  readonly name: string;
  /** The values. */
  readonly value: Stored;
}

/** A gradient on its way back. */
export interface Incoming extends Named {
  /** What the name stands for, to be written into the next equation: `reshape(W × δ) * H1(1−H1)`. */
  readonly expression: string;
}

/** The arrays of one use of a layer, or of a loss. */
export interface Teller {
  /** The array that plays a role in its equations, when there is one. */
  find(role: string): Stored | undefined;
  /** The array that plays a role in its equations. */
  get(role: string): Stored;
}

/** Access to what a step of mode `explain` left behind. */
export class StepTeller {
  readonly #network: Network;
  readonly #step: Step;
  readonly #cache = new Map<string, Stored>();

  constructor(network: Network, step: Step) {
    this.#network = network;
    this.#step = step;
  }

  /** The arrays of a use of a layer, or of a loss. @param scope - Its name in the plan. */
  of(scope: string): Teller {
    const find = (role: string): Stored | undefined => this.#find(scope, role);
    return {
      find,
      get(role) {
        const stored = find(role);
        if (stored === undefined) throw new RangeError(`explain: ${scope} has no ${role}`);
        return stored;
      },
    };
  }

  #find(scope: string, role: string): Stored | undefined {
    const key = `${scope}/${role}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const buffer = this.#step.roles.get(scope)?.get(role);
    if (buffer === undefined) return undefined;
    const stored = this.read(buffer);
    this.#cache.set(key, stored);
    return stored;
  }

  /** A buffer of the step itself: its input, target or loss. */
  read(buffer: Buffer | undefined): Stored {
    if (buffer === undefined) throw new RangeError('explain: expected a step with a loss');
    const address = this.#step.executable.addressOf(buffer);
    return { data: this.#network.engine.memory.read(address, buffer.size), shape: buffer.shape };
  }
}

/** A batch of values under a name: images as images, rows as columns, as the matrix form has them. */
export function batchFactor(name: string, { data, shape }: Stored): Factor {
  return makeFactor(name, data, viewOfBatch(shape));
}

/** A weight or its gradient: filters as images, matrices and vectors as they are. */
export function weightFactor(name: string, { data, shape }: Stored): Factor {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  if (shape.length === 4) return makeFactor(name, data, { kind: 'filters', shape: [a, b, c, d] });
  return makeFactor(name, data, { kind: 'matrix', rows: a, columns: data.length / a });
}

function viewOfBatch(shape: readonly number[]): View {
  const [samples = 1, height = 1, width = 1, channels = 1] = shape;
  if (shape.length > 2) return { kind: 'images', shape: [samples, height, width, channels] };
  return { kind: 'columns', samples, width: height };
}
