/**
 * 200,000 training steps of a small network: neither the WebAssembly memory nor the JavaScript heap may grow.
 *
 * Run by `npm run soak`; `--json FILE` writes the record. Ends with 1 when something grew.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { adam, batchNormalization, conv2d, dense, dropout, flatten, init, sequential } from '../dist/index.js';

const { values } = parseArgs({ options: { json: { type: 'string' }, steps: { type: 'string', default: '200000' } } });
const rounds = 20;
const epochs = Math.round(Number(values.steps) / rounds / 4);
/** What compilers and caches of the host may add to the heap behind the second round: an object a step would be 2 MB. */
const allowed = 256 * 1024;

/** The memories of all instances that the library makes, to measure them from outside. */
const memories = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(module, imports) {
    super(module, imports);
    memories.push(this.exports.memory ?? imports['./convgrad_bg.js'].memory);
  }
};

const { variant } = await init();
const count = 16;
const x = Float32Array.from({ length: count * 64 }, (_, index) => Math.sin(index * index));
const y = Int32Array.from({ length: count }, (_, index) => index % 3);
const model = sequential({
  inputShape: [8, 8, 1],
  layers: [
    conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
    batchNormalization(),
    dropout({ rate: 0.2 }),
    flatten(),
    dense({ units: 3 }),
  ],
});
model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropyFromLogits', metrics: ['accuracy'] });

const heap = () => {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heapUsed, arrayBuffers, wasm: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
};

const record = [];
let steps = 0;
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  // Three batches of five samples and one of one sample.
  const { history } = await model.fit(x, y, { batchSize: 5, epochs, callbacks: { onBatchEnd() {} } });
  const microseconds = ((performance.now() - start) * 1000) / (epochs * 4);
  steps += epochs * 4;
  const row = { steps, loss: history.loss.at(-1), microseconds, ...heap() };
  record.push(row);
  console.log(
    `${String(steps).padStart(7)} steps  loss ${row.loss.toFixed(5)}  ${microseconds.toFixed(1)} µs/step  heap ${row.heapUsed}  array buffers ${row.arrayBuffers}  WebAssembly ${row.wasm}`,
  );
}
model.dispose();

const [, second] = record;
const last = record.at(-1);
const growth = {
  heapBytes: last.heapUsed - second.heapUsed,
  arrayBufferBytes: last.arrayBuffers - second.arrayBuffers,
  wasmBytes: last.wasm - second.wasm,
};
const held = growth.heapBytes <= allowed && growth.arrayBufferBytes <= 0 && growth.wasmBytes === 0;
console.log(
  `from ${second.steps} to ${last.steps} steps: heap ${growth.heapBytes} bytes, array buffers ${growth.arrayBufferBytes}, WebAssembly ${growth.wasmBytes}: ${held ? 'nothing grew' : 'IT GREW'}`,
);
if (values.json !== undefined) {
  const machine = { node: process.version, variant, cpu: cpus()[0]?.model };
  writeFileSync(values.json, `${JSON.stringify({ workload: 'soak', ...machine, growth, held, record }, null, 1)}\n`);
}
process.exitCode = held ? 0 : 1;
