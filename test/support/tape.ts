/**
 * Derivatives of any formula in double precision, without a formula for them: every operation on single numbers notes its
 * partial derivatives, and the chain rule runs backwards over the notes. Slow, and right: the judge of the random suites.
 */

/** Numbers and how each came about from at most three earlier ones. */
export class Tape {
  #values = new Float64Array(1 << 12);
  #parents = new Int32Array(3 << 12);
  #partials = new Float64Array(3 << 12);
  #count = 0;

  /** The value of a number. */
  value(node: number): number {
    return this.#values[node] as number;
  }

  /** A number that follows from no other. */
  leaf(value: number): number {
    return this.#push(value, -1, 0, -1, 0, -1, 0);
  }

  /** `a + b` */
  add(a: number, b: number): number {
    return this.#push(this.value(a) + this.value(b), a, 1, b, 1, -1, 0);
  }

  /** `a − b` */
  subtract(a: number, b: number): number {
    return this.#push(this.value(a) - this.value(b), a, 1, b, -1, -1, 0);
  }

  /** `a · b` */
  multiply(a: number, b: number): number {
    return this.#push(this.value(a) * this.value(b), a, this.value(b), b, this.value(a), -1, 0);
  }

  /** `sum + a · b` */
  multiplyAdd(a: number, b: number, sum: number): number {
    const [x, y] = [this.value(a), this.value(b)];
    return this.#push(this.value(sum) + x * y, a, y, b, x, sum, 1);
  }

  /** `factor · a + offset`, the two being constants. */
  affine(a: number, factor: number, offset = 0): number {
    return this.#push(factor * this.value(a) + offset, a, factor, -1, 0, -1, 0);
  }

  /** `f(a)` with derivative `slope(a)`. */
  map(a: number, f: (x: number) => number, slope: (x: number) => number): number {
    return this.#push(f(this.value(a)), a, slope(this.value(a)), -1, 0, -1, 0);
  }

  /** Σ of a list. */
  sum(nodes: readonly number[]): number {
    return nodes.reduce((sum, node) => this.add(sum, node), this.leaf(0));
  }

  /**
   * The derivatives of a number by all the numbers before it.
   *
   * @param absolute - Adds sizes instead of signed terms: how large the numbers are whose sum a derivative is.
   */
  derivatives(of: number, absolute = false): Float64Array {
    const result = new Float64Array(this.#count);
    result[of] = 1;
    for (let node = of; node >= 0; node--) {
      const gradient = result[node] as number;
      if (gradient === 0) continue;
      for (let slot = 3 * node; slot < 3 * node + 3; slot++) {
        const parent = this.#parents[slot] as number;
        if (parent < 0) continue;
        const partial = this.#partials[slot] as number;
        result[parent] = (result[parent] as number) + gradient * (absolute ? Math.abs(partial) : partial);
      }
    }
    return result;
  }

  /** Whether every number so far is a multiple of ½ so small that float32 cannot round any sum of them. */
  isExact(): boolean {
    return isExact(this.#values.subarray(0, this.#count));
  }

  #push(value: number, a: number, da: number, b: number, db: number, c: number, dc: number): number {
    const node = this.#count++;
    if (node === this.#values.length) this.#grow();
    this.#values[node] = value;
    this.#parents.set([a, b, c], 3 * node);
    this.#partials.set([da, db, dc], 3 * node);
    return node;
  }

  #grow(): void {
    const [values, parents, partials] = [this.#values, this.#parents, this.#partials];
    this.#values = new Float64Array(values.length * 2);
    this.#parents = new Int32Array(parents.length * 2);
    this.#partials = new Float64Array(partials.length * 2);
    this.#values.set(values);
    this.#parents.set(parents);
    this.#partials.set(partials);
  }
}

/** Whether all are multiples of ½ below 2¹⁸. */
export function isExact(values: Float64Array): boolean {
  return values.every((value) => Number.isInteger(2 * value) && Math.abs(value) < 2 ** 18);
}

/** An array of numbers on a tape. */
export interface Nodes {
  /** Dimensions, the batch first. */
  readonly shape: readonly number[];
  /** The numbers, row-major. */
  readonly nodes: readonly number[];
}

/** Puts an array on a tape. */
export function leaves(tape: Tape, shape: readonly number[], data: ArrayLike<number>): Nodes {
  return { shape, nodes: Array.from(data, (value) => tape.leaf(value)) };
}
