/**
 * The seed's network on random pictures: one step told in matrix form, then training.
 * Run after `npm run build`: node examples/seed-network/main.mjs [filters]
 */

import { conv2d, dense, flatten, sequential, sgd } from '../../dist/index.js';

const filters = Number(process.argv[2] ?? 1);
const batch = 100;

// X [100×22×22]: noise, with a bright square on the left or on the right. Y [1×100]: 1 for right.
let state = 1;
const chance = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const x = new Float32Array(batch * 22 * 22);
const y = new Float32Array(batch);
for (let n = 0; n < batch; n++) {
  y[n] = n % 2;
  for (let row = 0; row < 22; row++) {
    for (let column = 0; column < 22; column++) {
      const inSquare = row > 6 && row < 15 && (y[n] === 1 ? column > 12 : column < 9);
      x[(n * 22 + row) * 22 + column] = chance() * 0.5 + (inSquare ? 0.5 : 0);
    }
  }
}

const model = sequential({
  inputShape: [22, 22, 1],
  seed: 1,
  layers: [
    conv2d({ filters, kernelSize: 3, activation: 'sigmoid', useBias: false }), // Z1 = conv(X, f), H1 = sigmoid(Z1)
    flatten(), // H1 [100×20×20×k] → [400k×100]
    dense({ units: 1, activation: 'sigmoid' }), // Z2 = Wᵀ·H1 + b, O = sigmoid(Z2)
  ],
});
model.compile({ optimizer: sgd({ learningRate: 0.005 / filters }), loss: 'halfSquaredError' }); // E = Σ (Y−O)²/2

console.log(String(model.explain(x, y)));

for (let step = 0; step <= 500; step++) {
  const loss = model.trainOnBatch(x, y); // forward, backward, p ← p − η·dE/dp
  if (step % 100 === 0) console.log(`step ${step}: E = ${loss.toFixed(4)}`);
}
model.dispose();
