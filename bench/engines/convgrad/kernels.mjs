/** The kernels themselves, called as a plan calls them: arrays stay where they are, nothing is copied. */

const codes = { sigmoid: 1, relu: 2, tanh: 3, elu: 6, gelu: 8, silu: 10, softplus: 11 };
/** What elu approaches; the others have no parameter. */
const LIMIT = 1;
const passes = { forward: 0, filterGradient: 1, inputGradient: 2 };
/** The same with filters that are kept; there may be nothing to keep. */
const keptPasses = { forward: 6, inputGradient: 7 };
const count = (shape) => shape.reduce((a, b) => a * b);

/** For each kind of workload: `(workload, inputs, memory) → { calls, output, length }`. */
const kinds = {
  matmul({ m, n, k, transposeA, transposeB }, { a, b }, { put, space, query }) {
    const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0];
    const scratch = query('matmul_workspace', m, n, k, ...flags);
    const c = space(m * n);
    return {
      call: ['matmul', m, n, k, ...flags, put(a), put(b), 0, c, 0, 0, space(scratch), scratch],
      output: [c, m * n],
    };
  },

  conv2d({ pass, sizes, keepsFilters }, { x, filter, dy }, { put, putWords, space, query, run }) {
    const geometry = putWords(sizes.block);
    const size = keepsFilters ? query('conv2d_kept_size', keptPasses[pass], geometry) : 0;
    const code = (size > 0 ? keptPasses : passes)[pass];
    const scratch = query('conv2d_workspace', code, geometry);
    const end = [space(scratch), scratch];
    const shape = { forward: sizes.output, filterGradient: sizes.filter, inputGradient: sizes.input }[pass];
    const out = space(count(shape));
    if (size > 0) {
      const kept = space(size);
      run('conv2d_keep', code, geometry, put(filter), kept, ...end);
      const input = put(pass === 'forward' ? x : dy);
      return {
        call: ['conv2d_with_kept', code, geometry, input, kept, 0, out, 0, ...end],
        output: [out, count(shape)],
      };
    }
    const call = {
      forward: () => ['conv2d_forward', geometry, put(x), put(filter), 0, out, 0, ...end],
      filterGradient: () => ['conv2d_filter_gradient', geometry, put(x), put(dy), out, ...end],
      inputGradient: () => ['conv2d_input_gradient', geometry, put(dy), put(filter), out, 0, 0, ...end],
    }[pass]();
    return { call, output: [out, count(shape)] };
  },

  activation({ activation, pass, count: length }, { x, y, dy }, { put, space }) {
    const out = space(length);
    const call =
      pass === 'forward'
        ? ['activation_forward', codes[activation], LIMIT, length, put(x), out]
        : ['activation_gradient', codes[activation], 0, length, put(y), put(dy), out];
    return { call, output: [out, length] };
  },

  softmax({ rows, width }, { x }, { put, space }) {
    const out = space(rows * width);
    return { call: ['softmax', rows, width, put(x), out], output: [out, rows * width] };
  },

  maxPool({ pass, sizes }, { x, y, dy }, { put, putWords, space }) {
    const geometry = putWords(sizes.block);
    const length = count(pass === 'forward' ? sizes.output : sizes.input);
    const out = space(length);
    const call =
      pass === 'forward'
        ? ['max_pool2d', geometry, put(x), out, 0]
        : ['max_pool2d_gradient', geometry, put(x), put(y), put(dy), out];
    return { call, output: [out, length] };
  },

  batchNorm({ pass, rows, channels, epsilon }, { x, gamma, beta, dy, statistics }, { put, space }) {
    const out = space(rows * channels);
    const vector = () => space(channels);
    const call =
      pass === 'forward'
        ? ['batch_norm', rows, channels, 0.99, epsilon, put(x), put(gamma), put(beta), vector(), vector()]
        : ['batch_norm_gradient', rows, channels, put(x), put(gamma), put(statistics), put(dy)];
    const rest =
      pass === 'forward'
        ? [space(2 * channels), out, space(2 * channels)]
        : [out, vector(), vector(), space(4 * channels)];
    return { call: [...call, ...rest], output: [out, rows * channels] };
  },

  layerNorm({ pass, rows, channels, epsilon }, { x, gamma, beta, dy, statistics }, { put, space }) {
    const out = space(rows * channels);
    const call =
      pass === 'forward'
        ? ['layer_norm', rows, channels, epsilon, put(x), put(gamma), put(beta), space(2 * rows), out]
        : ['layer_norm_gradient', rows, channels, put(x), put(gamma), put(statistics), put(dy), out];
    const rest = pass === 'forward' ? [] : [space(channels), space(channels), space(2 * channels)];
    return { call: [...call, ...rest], output: [out, rows * channels] };
  },

  biasGradient({ rows, channels }, { dy }, { put, space }) {
    const out = space(channels);
    return { call: ['bias_gradient', rows, channels, put(dy), out], output: [out, channels] };
  },

  dropout({ batch, inner, channels, rate, stream, clock }, { x }, { put, putWords, space }) {
    const out = space(x.length);
    return {
      call: ['dropout', batch, inner, channels, rate, stream, putWords(clock), put(x), out],
      output: [out, x.length],
    };
  },

  gaussianNoise({ count: length, deviation, stream, clock }, { x }, { put, putWords, space }) {
    const out = space(length);
    return { call: ['noise', 0, deviation, length, stream, putWords(clock), put(x), out], output: [out, length] };
  },

  adam({ count: length, scalars }, { parameters, gradients, mean, square }, { put }) {
    const p = put(parameters);
    return {
      call: ['adam_update', length, p, put(gradients), put(mean), put(square), put(scalars)],
      output: [p, length],
    };
  },
};

/** Prepares a kernel workload on an engine of the library; undefined when it is no kernel. */
export function prepareKernel(engine, workload, inputs) {
  const kind = kinds[workload.kind];
  if (kind === undefined) return undefined;
  const addresses = [];
  const space = (length) => {
    addresses.push(engine.allocate(4 * Math.max(length, 1)));
    return addresses.at(-1);
  };
  const memory = {
    space,
    query: (...call) => engine.query(...call),
    run: (...call) => engine.call(...call),
    put(values) {
      const address = space(values.length);
      engine.memory.write(address, values);
      return address;
    },
    putWords(values) {
      const address = space(values.length);
      engine.memory.writeWords(address, values);
      return address;
    },
  };
  const { call, output } = kind(workload, inputs, memory);
  const [name, ...args] = call;
  engine.call(name, ...args);
  const answer = engine.memory.read(...output);
  const kernel = engine.kernel(name);
  return {
    answer,
    step: () => kernel(...args),
    dispose: () => {
      for (const address of addresses) engine.release(address);
    },
  };
}
