/** jax-js on its WebAssembly backend, the step compiled by its jit. Layout NCHW, as its convolution wants. */

export async function jaxJs({ filters, batch, rate, data }) {
  const { init, jit, lax, nn, numpy: np, valueAndGrad, defaultDevice } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const k = filters;
  // [tap, k] to [k, tap]; W from pixel-major to filter-major.
  const swap = (values, rows) =>
    Float32Array.from(values, (_, index) => values[(index % rows) * k + Math.floor(index / rows)]);
  const array = (values, shape) => np.array(values).reshape(shape);
  const x = array(data.x, [batch, 1, 22, 22]);
  const y = array(data.y, [batch, 1]);
  let f = array(swap(data.f, 9), [k, 1, 3, 3]);
  let w = array(swap(data.w, 400), [400 * k, 1]);
  let b = array(data.b, [1]);
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
  return { name: 'jax-js', variant: 'wasm', answer: [await step(), await step()], step };
}
