/** One array of an equation: its shape as the equation sees it, and enough of its values to recognize it. */

/** An array of an {@link Equation}. */
export interface Factor {
  /** Name in the equation: `H1`, `δ`, `dE/dW`. */
  readonly name: string;
  /** Dimensions in the equation, where samples are columns: `[400, 100]`. */
  readonly shape: readonly number[];
  /** Square root of the sum of squares. */
  readonly norm: number;
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** The first rows and columns; of images those of the first sample and channel. */
  readonly corner: readonly (readonly number[])[];
}

/** How the equation sees an array that lies in memory row by row, samples first. */
export type View =
  /** `[n, width]` in memory, `[width × n]` in the equation. */
  | { readonly kind: 'columns'; readonly samples: number; readonly width: number }
  /** `[n, height, width, channels]`, as images. */
  | { readonly kind: 'images'; readonly shape: readonly [number, number, number, number] }
  /** `[height, width, in, out]`, shown as `[out × height × width]` for one input channel. */
  | { readonly kind: 'filters'; readonly shape: readonly [number, number, number, number] }
  /** As it lies. */
  | { readonly kind: 'matrix'; readonly rows: number; readonly columns: number };

const CORNER_ROWS = 3;
const CORNER_COLUMNS = 4;

/** Measures an array. */
export function makeFactor(name: string, data: Float32Array, view: View): Factor {
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const { shape, rows, columns, at } = look(view);
  const corner = Array.from({ length: Math.min(rows, CORNER_ROWS) }, (_, row) =>
    Array.from({ length: Math.min(columns, CORNER_COLUMNS) }, (_unused, column) => data[at(row, column)] as number),
  );
  return { name, shape, norm: Math.sqrt(squares), min, max, corner };
}

function look(view: View): {
  shape: readonly number[];
  rows: number;
  columns: number;
  at: (row: number, column: number) => number;
} {
  switch (view.kind) {
    case 'columns': {
      const { samples, width } = view;
      return { shape: [width, samples], rows: width, columns: samples, at: (row, column) => column * width + row };
    }
    case 'matrix': {
      const { rows, columns } = view;
      return { shape: [rows, columns], rows, columns, at: (row, column) => row * columns + column };
    }
    case 'images': {
      const [n, height, width, channels] = view.shape;
      const shape = channels === 1 ? [n, height, width] : [n, height, width, channels];
      return { shape, rows: height, columns: width, at: (row, column) => (row * width + column) * channels };
    }
    case 'filters': {
      const [height, width, depth, filters] = view.shape;
      const shape = [...(filters === 1 ? [] : [filters]), height, width, ...(depth === 1 ? [] : [depth])];
      return { shape, rows: height, columns: width, at: (row, column) => (row * width + column) * depth * filters };
    }
  }
}
