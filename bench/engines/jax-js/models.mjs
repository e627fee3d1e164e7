/** Training steps in jax-js, compiled by its jit. Layout NCHW, as its convolution wants; functions consume their arrays. */

/** The seed's step. */
export async function seedStep({ jit, lax, nn, numpy: np, valueAndGrad }, { filters, batch, rate }, inputs) {
  const k = filters;
  // [tap, k] to [k, tap]; W from pixel-major to filter-major.
  const swap = (values, rows) =>
    Float32Array.from(values, (_, index) => values[(index % rows) * k + Math.floor(index / rows)]);
  const array = (values, shape) => np.array(values).reshape(shape);
  const x = array(inputs.x, [batch, 1, 22, 22]);
  const y = array(inputs.y, [batch, 1]);
  let f = array(swap(inputs.f, 9), [k, 1, 3, 3]);
  let w = array(swap(inputs.w, 400), [400 * k, 1]);
  let b = array(inputs.b, [1]);
  const loss = (p, x, y) => {
    const h = nn.sigmoid(lax.convGeneralDilated(x, p.f, [1, 1], 'VALID')).reshape([batch, 400 * k]);
    const error = y.sub(nn.sigmoid(np.dot(h, p.w).add(p.b)));
    return error.ref.mul(error).sum().mul(0.5);
  };
  const update = jit((f, w, b, x, y) => {
    const [value, g] = valueAndGrad(loss)({ f: f.ref, w: w.ref, b: b.ref }, x, y);
    return [value, f.sub(g.f.mul(rate)), w.sub(g.w.mul(rate)), b.sub(g.b.mul(rate))];
  });
  const step = async () => {
    let value;
    [value, f, w, b] = update(f, w, b, x.ref, y.ref);
    return (await value.data())[0];
  };
  return { answer: [await step(), await step()], step };
}

/** A step of the convolutional network with Adam. */
export async function convnetStep({ jit, lax, nn, numpy: np, valueAndGrad }, { batch, shapes, rate }, inputs) {
  const array = (values, shape) => np.array(values).reshape(shape);
  const x = array(inputs.x, [batch, 1, 28, 28]);
  const target = nn.oneHot(np.array(inputs.labels), 10);
  let weights = {
    k1: array(inputs.k1, shapes.k1).transpose([3, 2, 0, 1]),
    b1: array(inputs.b1, [1, 32, 1, 1]),
    k2: array(inputs.k2, shapes.k2).transpose([3, 2, 0, 1]),
    b2: array(inputs.b2, [1, 64, 1, 1]),
    // From pixel-major to channel-major.
    w: array(inputs.w, [25, 64, 10]).transpose([1, 0, 2]).reshape([1600, 10]),
    b: array(inputs.b, [10]),
  };
  const names = Object.keys(weights);
  const pool = (z, channels, side) => np.max(z.reshape([batch, channels, side, 2, side, 2]), [3, 5]);
  const layer = (z, k, b) => nn.relu(lax.convGeneralDilated(z, k, [1, 1], 'VALID').add(b));
  const loss = (p, x, target) => {
    const first = pool(layer(x, p.k1, p.b1), 32, 13);
    const second = pool(layer(first, p.k2, p.b2).slice([], [], [0, 10], [0, 10]), 64, 5);
    const logits = np.dot(second.reshape([batch, 1600]), p.w).add(p.b);
    return nn
      .logSoftmax(logits, -1)
      .mul(target)
      .sum()
      .mul(-1 / batch);
  };
  const gradient = jit(valueAndGrad(loss));
  const update = jit((p, g, m, v, scale) => {
    const mean = m.mul(0.9).add(g.ref.mul(0.1));
    const square = v.mul(0.999).add(g.ref.mul(g).mul(0.001));
    return [p.sub(mean.ref.mul(scale).div(np.sqrt(square.ref).add(1e-7))), mean, square];
  });
  const means = Object.fromEntries(names.map((name) => [name, np.zeros(weights[name].shape)]));
  const squares = Object.fromEntries(names.map((name) => [name, np.zeros(weights[name].shape)]));
  let iteration = 0;
  const step = async () => {
    iteration++;
    const scale = (rate * Math.sqrt(1 - 0.999 ** iteration)) / (1 - 0.9 ** iteration);
    const held = Object.fromEntries(names.map((name) => [name, weights[name].ref]));
    const [value, gradients] = gradient(held, x.ref, target.ref);
    weights = { ...weights };
    for (const name of names) {
      const next = update(weights[name], gradients[name], means[name], squares[name], np.array(scale));
      [weights[name], means[name], squares[name]] = next;
    }
    return (await value.data())[0];
  };
  return { answer: [await step(), await step()], step };
}
