/** The products of the matrix form in double precision, straight from their definitions: slow and plain on purpose. */

/** Sizes of a convolution, from the words of its geometry block. */
export interface PlainConvolution {
  /** `[batch, height, width, channels]` */
  readonly input: readonly number[];
  /** `[height, width, channels / groups, filters]` */
  readonly filter: readonly number[];
  /** `[batch, height, width, filters]` */
  readonly output: readonly number[];
  /** See crate/src/geometry.rs. */
  readonly block: readonly number[];
}

/** `a [n × p]` and `b [n × q]`, samples in rows: `aᵀ · b [p × q]`. */
export function transposedProduct(a: Float32Array, b: Float32Array, n: number, p: number, q: number): Float64Array {
  const out = new Float64Array(p * q);
  for (let sample = 0; sample < n; sample++) {
    for (let row = 0; row < p; row++) {
      const left = a[sample * p + row] as number;
      for (let column = 0; column < q; column++) {
        const index = row * q + column;
        out[index] = (out[index] as number) + left * (b[sample * q + column] as number);
      }
    }
  }
  return out;
}

/** `a [n × p] · b [p × q]`, plus `bias [q]` in every row. */
export function product(
  a: Float32Array,
  b: Float32Array,
  bias: Float32Array | undefined,
  [n, p, q]: readonly [number, number, number],
): Float64Array {
  const out = new Float64Array(n * q);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < q; column++) {
      let sum = bias?.[column] ?? 0;
      for (let inner = 0; inner < p; inner++) sum += (a[row * p + inner] as number) * (b[inner * q + column] as number);
      out[row * q + column] = sum;
    }
  }
  return out;
}

/** `a [n × q] · bᵀ`, with `b [p × q]`: `[n × p]`. */
export function productTransposed(
  a: Float32Array,
  b: Float32Array,
  [n, p, q]: readonly [number, number, number],
): Float64Array {
  const out = new Float64Array(n * p);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < p; column++) {
      let sum = 0;
      for (let inner = 0; inner < q; inner++) sum += (a[row * q + inner] as number) * (b[column * q + inner] as number);
      out[row * p + column] = sum;
    }
  }
  return out;
}

/** Sum over rows of `a [n × p]`. */
export function columnSums(a: Float32Array, p: number): Float64Array {
  const out = new Float64Array(p);
  a.forEach((value, index) => {
    out[index % p] = (out[index % p] as number) + value;
  });
  return out;
}

/** The convolution itself: `conv(x, filter) + bias`. */
export function convolve(
  sizes: PlainConvolution,
  x: Float32Array,
  filter: Float32Array,
  bias: Float32Array | undefined,
): Float64Array {
  const filters = sizes.filter[3] as number;
  const out = new Float64Array(sizes.output.reduce((a, b) => a * b, 1));
  if (bias !== undefined) for (let index = 0; index < out.length; index++) out[index] = bias[index % filters] as number;
  forEachProduct(sizes, (input, tap, output) => {
    out[output] = (out[output] as number) + (x[input] as number) * (filter[tap] as number);
  });
  return out;
}

/** Gradient by the filter: the convolution of the input with the output's gradient, summed over the batch. */
export function convolveForFilter(sizes: PlainConvolution, x: Float32Array, dz: Float32Array): Float64Array {
  const out = new Float64Array(sizes.filter.reduce((a, b) => a * b, 1));
  forEachProduct(sizes, (input, tap, output) => {
    out[tap] = (out[tap] as number) + (x[input] as number) * (dz[output] as number);
  });
  return out;
}

/** Gradient by the input: each output's gradient goes back through every tap. */
export function convolveForInput(sizes: PlainConvolution, dz: Float32Array, filter: Float32Array): Float64Array {
  const out = new Float64Array(sizes.input.reduce((a, b) => a * b, 1));
  forEachProduct(sizes, (input, tap, output) => {
    out[input] = (out[input] as number) + (dz[output] as number) * (filter[tap] as number);
  });
  return out;
}

/** Visits every product of an input, a filter value and an output of a convolution, by their indices. */
function forEachProduct(sizes: PlainConvolution, visit: (input: number, tap: number, output: number) => void): void {
  const [batch, inH, inW, inC] = sizes.input as [number, number, number, number];
  const [kernelH, kernelW, depth, filters] = sizes.filter as [number, number, number, number];
  const [, outH, outW] = sizes.output as [number, number, number, number];
  const [strideH = 1, strideW = 1, top = 0, , left = 0, , dilationH = 1, dilationW = 1] = sizes.block.slice(7);
  const perGroup = (filters * depth) / inC;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outH; i++) {
      for (let j = 0; j < outW; j++) {
        for (let p = 0; p < kernelH; p++) {
          const row = i * strideH + p * dilationH - top;
          if (row < 0 || row >= inH) continue;
          for (let q = 0; q < kernelW; q++) {
            const column = j * strideW + q * dilationW - left;
            if (column < 0 || column >= inW) continue;
            for (let o = 0; o < filters; o++) {
              const group = Math.floor(o / perGroup);
              const output = ((n * outH + i) * outW + j) * filters + o;
              for (let c = 0; c < depth; c++) {
                const input = ((n * inH + row) * inW + column) * inC + group * depth + c;
                visit(input, ((p * kernelW + q) * depth + c) * filters + o, output);
              }
            }
          }
        }
      }
    }
  }
}

/**
 * Norm of the difference over the norm of the expected values.
 *
 * @param terms - Sums of the absolute values of what was summed: where sums cancel, a hundredth of these is the measure.
 */
export function relativeError(actual: Float32Array, expected: Float64Array, terms?: Float64Array): number {
  const difference = norm(expected.map((value, index) => value - (actual[index] as number)));
  const scale = Math.max(norm(expected), terms === undefined ? 0 : norm(terms) / 100);
  return scale === 0 ? difference : difference / scale;
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
