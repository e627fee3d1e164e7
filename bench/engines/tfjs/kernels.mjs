/** Single kernels of TensorFlow.js. */

/** For each kind of workload: the kernel's name, which a backend may lack, and a function that calls it once. */
const kinds = {
  matmul: (tf, { m, n, k, transposeA, transposeB }, { a, b }) => ({
    kernel: 'BatchMatMul',
    tensors: [tf.tensor(a, transposeA ? [k, m] : [m, k]), tf.tensor(b, transposeB ? [n, k] : [k, n])],
    call: (a, b) => tf.matMul(a, b, transposeA, transposeB),
  }),

  conv2d(tf, { pass, sizes, strides, padding, depthwise }, { x, filter, dy }) {
    const filterShape = depthwise ? [...sizes.filter.slice(0, 2), sizes.filter[3], 1] : sizes.filter;
    const family = depthwise
      ? {
          forward: 'DepthwiseConv2dNative',
          filterGradient: 'DepthwiseConv2dNativeBackpropFilter',
          inputGradient: 'DepthwiseConv2dNativeBackpropInput',
        }
      : { forward: 'Conv2D', filterGradient: 'Conv2DBackpropFilter', inputGradient: 'Conv2DBackpropInput' };
    const kernel = family[pass];
    const shared = { strides: depthwise ? [strides, strides] : strides, pad: padding, dilations: [1, 1] };
    const attributes = {
      forward: shared,
      filterGradient: { ...shared, filterShape },
      inputGradient: { ...shared, inputShape: sizes.input },
    }[pass];
    const tensors = {
      forward: () => ({ x: tf.tensor(x, sizes.input), filter: tf.tensor(filter, filterShape) }),
      filterGradient: () => ({ x: tf.tensor(x, sizes.input), dy: tf.tensor(dy, sizes.output) }),
      inputGradient: () => ({ dy: tf.tensor(dy, sizes.output), filter: tf.tensor(filter, filterShape) }),
    }[pass]();
    const more = depthwise ? {} : { dataFormat: 'NHWC' };
    return {
      kernel,
      tensors: Object.values(tensors),
      call: () => tf.engine().runKernel(kernel, tensors, { ...attributes, ...more }),
    };
  },

  activation(tf, { activation, pass }, { x }) {
    if (pass !== 'forward' || tf[activation] === undefined) return undefined;
    return { kernel: activation[0].toUpperCase() + activation.slice(1), tensors: [tf.tensor(x)], call: tf[activation] };
  },

  softmax: (tf, { rows, width }, { x }) => ({
    kernel: 'Softmax',
    tensors: [tf.tensor(x, [rows, width])],
    call: (x) => tf.softmax(x),
  }),

  maxPool(tf, { pass, sizes, window, strides }, { x, y, dy }) {
    const input = tf.tensor(x, sizes.input);
    if (pass === 'forward') {
      return { kernel: 'MaxPool', tensors: [input], call: (x) => tf.maxPool(x, window, strides, 'valid') };
    }
    const tensors = [tf.tensor(dy, sizes.output), input, tf.tensor(y, sizes.output)];
    const attributes = { filterSize: window, strides, pad: 'valid' };
    const call = (dy, input, output) => tf.engine().runKernel('MaxPoolGrad', { dy, input, output }, attributes);
    return { kernel: 'MaxPoolGrad', tensors, call };
  },
};

/** Prepares a kernel workload; undefined when this backend has no such kernel. */
export function prepareKernel(tf, workload, inputs) {
  const made = kinds[workload.kind]?.(tf, workload, inputs);
  if (made === undefined) return undefined;
  const { kernel, tensors, call } = made;
  const dispose = () => {
    for (const tensor of tensors) tensor.dispose();
  };
  if (tf.getKernel(kernel, tf.getBackend()) === undefined) {
    dispose();
    return undefined;
  }
  const once = call(...tensors);
  const answer = once.dataSync().slice();
  once.dispose();
  return { answer, step: () => call(...tensors).dispose(), dispose };
}
