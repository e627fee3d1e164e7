/** Layers that bring several values together, in double precision. */

import { type Shape, sizeOf, withRank } from '../../shape';
import type { Define, Told } from './definition';

const value = (values: Float32Array | undefined, index: number): number => values?.[index] as number;
/** `X1 + X2 + …` */
const joined = (xs: readonly unknown[], sign: string): string => xs.map((_, index) => `X${index + 1}`).join(sign);

/** Where an input has what stands at each place of the output: in the same place twice where it is repeated. */
function placesOf(own: Shape, merged: Shape, batch: number): readonly number[] {
  const sizes = withRank(own, merged.length);
  let places: readonly number[] = [0];
  let step = 1;
  for (let axis = merged.length - 1; axis >= 0; axis--) {
    const jump = sizes[axis] === 1 ? 0 : step;
    places = along(merged[axis] as number, jump, places);
    step *= sizes[axis] as number;
  }
  return along(batch, step, places);
}

/** So many times these places, each time `jump` further. */
function along(times: number, jump: number, places: readonly number[]): readonly number[] {
  return Array.from({ length: times }, (_, time) => places.map((place) => time * jump + place)).flat();
}

/** Of values, place by place; sizes of 1 are repeated, and the gradients of what is are summed. */
function byValue(
  name: (xs: readonly unknown[]) => string,
  output: (values: readonly number[]) => number,
  slopeText: (input: number, xs: readonly unknown[]) => string,
  slope: (input: number, values: readonly number[]) => number,
): Define {
  return ({ layer: { inputShapes, outputShape }, xs, dy, batch }) => {
    /** Of every place of the output: where inputs have what stands there, and their values. */
    const places = (): { places: number[]; values: number[] }[] => {
      const each = inputShapes.map((shape) => placesOf(shape, outputShape, batch));
      return Array.from({ length: batch * sizeOf(outputShape) }, (_, index) => {
        const places = each.map((own) => own[index] as number);
        return { places, values: xs.map((x, input) => value(x, places[input] as number)) };
      });
    };
    return {
      output: {
        text: name(xs),
        expected: () => Float64Array.from(places(), ({ values }) => output(values)),
      },
      inputs: xs.map((x, input): Told => {
        const text = slopeText(input, xs);
        const isRepeated = x.length < batch * sizeOf(outputShape);
        return {
          text: isRepeated ? `Σ ${text} where X${input + 1} is repeated` : text,
          expected() {
            const dx = new Float64Array(x.length);
            places().forEach(({ places, values }, index) => {
              const place = places[input] as number;
              dx[place] = (dx[place] as number) + value(dy, index) * slope(input, values);
            });
            return dx;
          },
        };
      }),
    };
  };
}

const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const others = <T>(values: readonly T[], input: number): T[] => values.filter((_, index) => index !== input);

/** The first of the largest or smallest gets the gradient. */
function extreme(name: 'max' | 'min'): Define {
  return byValue(
    (xs) => `${name}(${joined(xs, ', ')})`,
    (values) => Math[name](...values),
    (input) => `dY * (X${input + 1} = Y)`,
    (input, values) => Number(values.indexOf(Math[name](...values)) === input),
  );
}

/** A row over its length, and how a gradient by that becomes one by the row. */
function unitRow(row: readonly number[]): { readonly unit: readonly number[]; back(g: readonly number[]): number[] } {
  const length = Math.sqrt(sum(row.map((x) => x * x)));
  const unit = row.map((x) => x / length);
  return {
    unit,
    back(g) {
      const along = sum(g.map((each, index) => each * (unit[index] as number)));
      return g.map((each, index) => (each - along * (unit[index] as number)) / length);
    },
  };
}

const dot: Define = ({ layer, xs, dy, batch }) => {
  const { normalize } = layer.config as { normalize?: boolean };
  const width = (xs[0]?.length ?? 0) / batch;
  const rows = Array.from({ length: batch }, (_, row) =>
    xs.map((x) => {
      const own = Array.from(x.subarray(row * width, (row + 1) * width));
      return normalize ? unitRow(own) : { unit: own, back: (g: readonly number[]) => [...g] };
    }),
  );
  const [a, b] = normalize ? ['X1/‖X1‖', 'X2/‖X2‖'] : ['X1', 'X2'];
  return {
    output: {
      text: `Σ ${a} * ${b}`,
      expected: () =>
        Float64Array.from(rows, ([left, right]) =>
          sum((left?.unit ?? []).map((x, index) => x * (right?.unit[index] as number))),
        ),
    },
    inputs: [b, a].map(
      (other, input): Told => ({
        text: normalize ? `(dY · ${other}) through the length of X${input + 1}` : `dY · ${other}`,
        expected: () =>
          Float64Array.from(
            rows.flatMap((sides, row) => {
              const across = sides[1 - input]?.unit ?? [];
              return sides[input]?.back(across.map((x) => x * value(dy, row))) ?? [];
            }),
          ),
      }),
    ),
  };
};

const concatenate: Define = ({ layer, xs, dy, batch }) => {
  const { axis } = layer.config as { axis: number };
  const { inputShapes, outputShape } = layer;
  const place = axis < 0 ? outputShape.length + axis : axis - 1;
  const rows = batch * sizeOf(outputShape.slice(0, place));
  const widths = inputShapes.map((shape) => sizeOf(shape.slice(place)));
  const starts = widths.map((_, input) => sum(widths.slice(0, input)));
  const total = sum(widths);
  /** Calls `visit` with the places of each value in its input and in the output. */
  const each = (input: number, visit: (inside: number, outside: number) => void): void => {
    const width = widths[input] as number;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < width; column++) {
        visit(row * width + column, row * total + (starts[input] as number) + column);
      }
    }
  };
  return {
    output: {
      text: `[${joined(xs, ', ')}]`,
      expected() {
        const y = new Float64Array(rows * total);
        xs.forEach((x, input) => {
          each(input, (inside, outside) => {
            y[outside] = value(x, inside);
          });
        });
        return y;
      },
    },
    inputs: xs.map(
      (x, input): Told => ({
        text: `the part of dY where X${input + 1} is`,
        expected() {
          const dx = new Float64Array(x.length);
          each(input, (inside, outside) => {
            dx[inside] = value(dy, outside);
          });
          return dx;
        },
      }),
    ),
  };
};

/** Definitions by the class names of layers. */
export const merges: Readonly<Record<string, Define>> = {
  Add: byValue(
    (xs) => joined(xs, ' + '),
    sum,
    () => 'dY',
    () => 1,
  ),
  Subtract: byValue(
    () => 'X1 − X2',
    ([a = 0, b = 0]) => a - b,
    (input) => (input === 0 ? 'dY' : '−dY'),
    (input) => (input === 0 ? 1 : -1),
  ),
  Multiply: byValue(
    (xs) => joined(xs, ' * '),
    product,
    (input, xs) =>
      [
        'dY',
        ...others(
          xs.map((_, index) => `X${index + 1}`),
          input,
        ),
      ].join(' * '),
    (input, values) => product(others(values, input)),
  ),
  Average: byValue(
    (xs) => `(${joined(xs, ' + ')})/${xs.length}`,
    (values) => sum(values) / values.length,
    (_, xs) => `dY/${xs.length}`,
    (_, values) => 1 / values.length,
  ),
  Maximum: extreme('max'),
  Minimum: extreme('min'),
  Concatenate: concatenate,
  Dot: dot,
};
