/** Plain JavaScript loops over Float32Arrays, written as a careful programmer would. */

/** The seed's step. */
export function seedStep({ filters: k, batch, rate }, { x, y, ...initial }) {
  const [f, w, b] = [initial.f.slice(), initial.w.slice(), initial.b.slice()];
  const width = 400 * k;
  const h = new Float32Array(batch * width);
  const [df, dw] = [new Float32Array(9 * k), new Float32Array(width)];

  const step = () => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < 20; i++) {
        for (let j = 0; j < 20; j++) {
          const at = n * 484 + i * 22 + j;
          const out = n * width + (i * 20 + j) * k;
          for (let o = 0; o < k; o++) {
            let z = 0;
            for (let p = 0; p < 3; p++) {
              for (let q = 0; q < 3; q++) z += x[at + p * 22 + q] * f[(p * 3 + q) * k + o];
            }
            h[out + o] = 1 / (1 + Math.exp(-z));
          }
        }
      }
    }
    df.fill(0);
    dw.fill(0);
    let [loss, db] = [0, 0];
    for (let n = 0; n < batch; n++) {
      let z = b[0];
      for (let index = 0; index < width; index++) z += h[n * width + index] * w[index];
      const o = 1 / (1 + Math.exp(-z));
      loss += (y[n] - o) ** 2 / 2;
      const delta = (o - y[n]) * o * (1 - o);
      db += delta;
      for (let i = 0; i < 20; i++) {
        for (let j = 0; j < 20; j++) {
          const at = n * 484 + i * 22 + j;
          for (let channel = 0; channel < k; channel++) {
            const index = (i * 20 + j) * k + channel;
            const value = h[n * width + index];
            dw[index] += value * delta;
            const dz = w[index] * delta * value * (1 - value);
            for (let p = 0; p < 3; p++) {
              for (let q = 0; q < 3; q++) df[(p * 3 + q) * k + channel] += x[at + p * 22 + q] * dz;
            }
          }
        }
      }
    }
    for (let index = 0; index < df.length; index++) f[index] -= rate * df[index];
    for (let index = 0; index < dw.length; index++) w[index] -= rate * dw[index];
    b[0] -= rate * db;
    return loss;
  };
  return { answer: [step(), step()], step };
}
