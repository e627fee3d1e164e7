/** Single kernels of jax-js: functions compiled by its jit, convolutions in its layout NCHW and OIHW. */

const toFirst = [0, 3, 1, 2];
const toLast = [0, 2, 3, 1];

/** For each kind: arrays, the function, and how its answer becomes one in the workload's layout. */
const kinds = {
  matmul({ numpy: np }, { m, n, k, transposeA, transposeB }, { a, b }) {
    const straight = (x, transposed) => (transposed ? np.transpose(x) : x);
    return {
      arrays: [array(np, a, transposeA ? [k, m] : [m, k]), array(np, b, transposeB ? [n, k] : [k, n])],
      compute: (a, b) => np.matmul(straight(a, transposeA), straight(b, transposeB)),
    };
  },

  conv2d({ numpy: np, lax, grad }, { pass, sizes, strides, padding, depthwise }, { x, filter, dy }) {
    if (depthwise) return undefined;
    const image = () => array(np, x, sizes.input).transpose(toFirst);
    const taps = () => array(np, filter, sizes.filter).transpose([3, 2, 0, 1]);
    const slope = () => array(np, dy, sizes.output).transpose(toFirst);
    const conv = (x, f) => lax.convGeneralDilated(x, f, [strides, strides], padding.toUpperCase());
    const back = (answer) => answer.transpose(toLast);
    if (pass === 'forward') return { arrays: [image(), taps()], compute: conv, back };
    const product = (x, f, dy) => conv(x, f).mul(dy).sum();
    if (pass === 'inputGradient') return { arrays: [image(), taps(), slope()], compute: grad(product), back };
    return {
      arrays: [taps(), image(), slope()],
      compute: grad((f, x, dy) => product(x, f, dy)),
      back: (answer) => answer.transpose([2, 3, 1, 0]),
    };
  },

  activation({ numpy: np, nn }, { activation, pass }, { x }) {
    if (pass !== 'forward') return undefined;
    const compute = { sigmoid: nn.sigmoid, relu: nn.relu, tanh: np.tanh }[activation];
    return compute && { arrays: [np.array(x)], compute };
  },

  softmax: ({ numpy: np, nn }, { rows, width }, { x }) => ({
    arrays: [array(np, x, [rows, width])],
    compute: (x) => nn.softmax(x, -1),
  }),
};

function array(np, values, shape) {
  return np.array(values).reshape(shape);
}

/** Prepares a kernel workload; undefined when there is no such kernel. */
export async function prepareKernel(jax, workload, inputs) {
  const made = kinds[workload.kind]?.(jax, workload, inputs);
  if (made === undefined) return undefined;
  const { arrays, compute, back = (answer) => answer } = made;
  const compiled = jax.jit(compute);
  const run = () => compiled(...arrays.map((array) => array.ref));
  const answer = await back(run()).data();
  const step = async () => {
    const result = run();
    await result.blockUntilReady();
    result.dispose();
  };
  return { answer, step };
}
