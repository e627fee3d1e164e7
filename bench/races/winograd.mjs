/**
 * Whether Winograd's way takes less time than the direct one, and whether the library chooses the one that does: convolutions from those where
 * the direct way is faster by far to those where Winograd's is, of which most lie between. What the library goes by is in
 * crate/src/kernels/conv2d/winograd/costs.rs.
 */

import { library, startEngine } from '../library.mjs';
import { numbers } from '../workloads/numbers.mjs';

const CHANNELS = [
  [4, 16],
  [4, 64],
  [8, 8],
  [16, 8],
  [16, 16],
  [8, 32],
  [64, 4],
  [32, 32],
];
/** `[batch, height, width]` of squares, and of lines. */
const IMAGES = [
  [16, 7, 7],
  [4, 14, 14],
  [2, 28, 28],
];
const LINES = [
  [8, 1, 49],
  [4, 1, 196],
];
/** `[height, width, stride]` of filters. */
const SQUARES = [
  [3, 3, 1],
  [4, 4, 1],
  [5, 5, 1],
  [3, 3, 2],
  [4, 4, 2],
  [5, 5, 2],
];
const ROWS = [
  [1, 3, 1],
  [1, 5, 1],
  [1, 15, 1],
];

/** What `conv2d_use_winograd` is given: by the costs, and for each way. */
const CHOSEN = 1;
const WAYS = { direct: 0, winograd: 2 };

const passes = { forward: 0, filterGradient: 1, inputGradient: 2 };

/** A race for each convolution and pass in which there are two ways; the one that the library takes is `chosen`. */
export async function* winograd() {
  const engine = await startEngine({ simd: 'relaxed' });
  for (const [images, filters] of [
    [IMAGES, SQUARES],
    [LINES, ROWS],
  ]) {
    for (const image of images) {
      for (const filter of filters) {
        for (const channels of CHANNELS) yield* convolution(engine, image, filter, channels);
      }
    }
  }
}

function* convolution(engine, image, [height, width, stride], [channels, filters]) {
  const shape = [height, width, channels, filters];
  const options = { strides: stride, padding: 'same' };
  const sizes = library.resolveConvolution([...image, channels], shape, options, 'race');
  const held = [];
  const allocate = (count) => {
    held.push(engine.allocate(4 * Math.max(1, count)));
    return held.at(-1);
  };
  const put = (seed, size) => {
    const values = numbers(seed, product(size));
    const address = allocate(values.length);
    engine.memory.write(address, values);
    return address;
  };
  const geometry = allocate(sizes.block.length);
  engine.memory.writeWords(geometry, sizes.block);
  const [x, filter, dy] = [put(1, sizes.input), put(2, sizes.filter), put(3, sizes.output)];
  const made = { forward: sizes.output, filterGradient: sizes.filter, inputGradient: sizes.input };
  try {
    for (const [pass, code] of Object.entries(passes)) {
      const use = (way) => engine.call('conv2d_use_winograd', way);
      const workspaceOf = (way) => {
        use(way);
        return engine.query('conv2d_workspace', code, geometry);
      };
      const [direct, other, chosen] = [WAYS.direct, WAYS.winograd, CHOSEN].map(workspaceOf);
      // Ways differ in the scratch memory that they want; there is no other one where they do not.
      if (direct === other) continue;
      const [result, length] = [allocate(product(made[pass])), Math.max(direct, other)];
      const rest = [allocate(length), length];
      const call = {
        forward: () => engine.call('conv2d_forward', geometry, x, filter, 0, result, 0, ...rest),
        filterGradient: () => engine.call('conv2d_filter_gradient', geometry, x, dy, result, ...rest),
        inputGradient: () => engine.call('conv2d_input_gradient', geometry, dy, filter, result, 0, 0, ...rest),
      }[pass];
      yield {
        title: `${pass} ${height}×${width}${stride > 1 ? `, stride ${stride}` : ''}, ${image.join('×')}, ${channels}→${filters}`,
        chosen: chosen === direct ? 'direct' : 'winograd',
        tolerance: 1e-3,
        ways: Object.entries(WAYS).map(([name, way]) => {
          const step = () => {
            use(way);
            call();
          };
          step();
          const answer = [...engine.memory.read(result, product(made[pass]))];
          return { name, flops: sizes.flops, step, answer };
        }),
      };
    }
  } finally {
    engine.call('conv2d_use_winograd', CHOSEN);
    for (const address of held) engine.release(address);
  }
}

const product = (size) => size.reduce((a, b) => a * b, 1);
