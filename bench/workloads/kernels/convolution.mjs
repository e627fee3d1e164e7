/** Two-dimensional convolutions, NHWC and HWIO: forward and both gradients. */

import { library } from '../../library.mjs';
import { assertClose, project, projection } from '../check.mjs';
import { integers } from '../numbers.mjs';

/** With these integers every product sum is exact; what is left is the rounding of methods that transform (Winograd). */
const TOLERANCE = 1e-4;

const passNames = { forward: 'forward', filterGradient: 'dF', inputGradient: 'dX' };

/**
 * A workload for each pass.
 *
 * @param input [batch, height, width, channels]
 * @param kernel Side of the filter, or its height and width.
 * @param filters Number of filters; for `depthwise` it is that of the channels.
 */
export function convolutions(
  group,
  input,
  kernel,
  filters,
  { strides = 1, padding = 'valid', depthwise = false } = {},
) {
  const channels = input[3];
  const [height, width] = Array.isArray(kernel) ? kernel : [kernel, kernel];
  const filter = [height, width, depthwise ? 1 : channels, filters];
  const options = { strides, padding, groups: depthwise ? channels : 1 };
  const sizes = library.resolveConvolution(input, filter, options, group);
  const shape = `${input.slice(0, 3).join('×')}, ${depthwise ? channels : `${channels}→${filters}`}`;
  const details = `${strides > 1 ? `, stride ${strides}` : ''}${padding === 'same' ? ', same' : ''}`;
  return Object.keys(passNames).map((pass) => ({
    name: `${depthwise ? 'depthwise' : 'conv'} ${height}×${width} ${passNames[pass]} ${shape}${details}`,
    group,
    kind: 'conv2d',
    pass,
    sizes,
    strides,
    padding,
    depthwise,
    flops: sizes.flops,
    bound: depthwise ? boundOfDepthwise(pass, sizes) : undefined,
    load: () => load(pass, sizes, depthwise),
  }));
}

/**
 * A pixel of a channel is in no more products than its filter has taps: reading and writing the arrays may take as long.
 * Taps beyond the border are no products.
 */
function boundOfDepthwise(pass, { input, filter, output, block }) {
  const [strideH, strideW, top, , left] = block.slice(7, 12);
  const pairs = (inputs, outputs, taps, stride, pad) => {
    const inside = (o) => (t) => o * stride + t - pad >= 0 && o * stride + t - pad < inputs;
    return range(outputs).reduce((sum, o) => sum + range(taps).filter(inside(o)).length, 0);
  };
  const rows = pairs(input[1], output[1], filter[0], strideH, top);
  const columns = pairs(input[2], output[2], filter[1], strideW, left);
  const [x, f, y] = [input, filter, output].map(count);
  const arrays = {
    forward: { reads: { x, f }, writes: { y } },
    filterGradient: { reads: { x, y }, writes: { f } },
    inputGradient: { reads: { y, f }, writes: { x } },
  };
  return { passes: [arrays[pass]], products: input[0] * rows * columns * input[3] };
}

const count = (shape) => shape.reduce((a, b) => a * b);
const range = (length) => Array.from({ length }, (_, index) => index);

function load(pass, sizes, depthwise) {
  const inputs = {
    x: integers(1, count(sizes.input), 4),
    filter: integers(2, count(sizes.filter), 3),
    dy: integers(3, count(sizes.output), 3),
  };
  const definition = depthwise ? naiveDepthwise : projected;
  const expected = definition[pass](sizes, inputs);
  const width = { forward: sizes.output[3], filterGradient: sizes.output[3], inputGradient: sizes.input[3] }[pass];
  return {
    inputs,
    check: (who, answer) => assertClose(who, depthwise ? answer : project(answer, width), expected, TOLERANCE),
  };
}

/** Calls `visit(y position, tap, x position)` for every pair of pixels that meet. */
function visitTaps({ input, filter, output, block }, visit) {
  const [batch, height, width] = input;
  const [strideH, strideW, top, , left] = block.slice(7, 12);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < output[1]; i++) {
      for (let j = 0; j < output[2]; j++) {
        const y = (n * output[1] + i) * output[2] + j;
        for (let p = 0; p < filter[0]; p++) {
          const row = i * strideH + p - top;
          if (row < 0 || row >= height) continue;
          for (let q = 0; q < filter[1]; q++) {
            const column = j * strideW + q - left;
            if (column < 0 || column >= width) continue;
            visit(y, p * filter[1] + q, (n * height + row) * width + column);
          }
        }
      }
    }
  }
}

/** The definition for the checksums of rows: with one output channel, or one input channel, instead of all. */
const projected = {
  forward(sizes, { x, filter }) {
    const [, , channels] = [0, 0, sizes.input[3]];
    const column = project(filter, sizes.output[3]);
    const out = new Float64Array(sizes.output[0] * sizes.output[1] * sizes.output[2]);
    visitTaps(sizes, (y, tap, pixel) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += x[pixel * channels + c] * column[tap * channels + c];
      out[y] += sum;
    });
    return out;
  },
  filterGradient(sizes, { x, dy }) {
    const channels = sizes.input[3];
    const column = project(dy, sizes.output[3]);
    const out = new Float64Array(sizes.filter[0] * sizes.filter[1] * channels);
    visitTaps(sizes, (y, tap, pixel) => {
      for (let c = 0; c < channels; c++) out[tap * channels + c] += x[pixel * channels + c] * column[y];
    });
    return out;
  },
  inputGradient(sizes, { filter, dy }) {
    const [channels, filters] = [sizes.input[3], sizes.output[3]];
    const vector = projection(channels);
    // [tap, filters]: the filter with its input channels projected.
    const columns = new Float64Array(sizes.filter[0] * sizes.filter[1] * filters);
    for (let index = 0; index < filter.length; index++) {
      const [tap, c] = [Math.floor(index / (channels * filters)), Math.floor(index / filters) % channels];
      columns[tap * filters + (index % filters)] += filter[index] * vector[c];
    }
    const out = new Float64Array(sizes.input[0] * sizes.input[1] * sizes.input[2]);
    visitTaps(sizes, (y, tap, pixel) => {
      let sum = 0;
      for (let k = 0; k < filters; k++) sum += dy[y * filters + k] * columns[tap * filters + k];
      out[pixel] += sum;
    });
    return out;
  },
};

/** The definition with a filter for each channel. */
const naiveDepthwise = {
  forward: (sizes, { x, filter }) =>
    eachChannel(sizes, sizes.output, (out, y, tap, pixel) => {
      out[y] += x[pixel] * filter[tap];
    }),
  filterGradient: (sizes, { x, dy }) =>
    eachChannel(sizes, sizes.filter, (out, y, tap, pixel) => {
      out[tap] += x[pixel] * dy[y];
    }),
  inputGradient: (sizes, { filter, dy }) =>
    eachChannel(sizes, sizes.input, (out, y, tap, pixel) => {
      out[pixel] += dy[y] * filter[tap];
    }),
};

function eachChannel(sizes, shape, add) {
  const channels = sizes.input[3];
  const out = new Float64Array(shape.reduce((a, b) => a * b));
  visitTaps(sizes, (y, tap, pixel) => {
    for (let c = 0; c < channels; c++) add(out, y * channels + c, tap * channels + c, pixel * channels + c);
  });
  return out;
}
