/** The packed package, installed where there is no Rust and no network: Node ESM, Node CommonJS, TypeScript. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
let files: string[] = [];

function run(program: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Trains the seed's network for three steps and prints variant, loss and the sum of its filters. */
const program = `
const variant = (await init({ simd: 'strict' })).variant;
const x = Float32Array.from({ length: 10 * 484 }, (_, i) => ((i * 7919) % 1000) / 1000);
const y = Float32Array.from({ length: 10 }, (_, i) => i % 2);
const model = sequential({ inputShape: [22, 22, 1], seed: 5, layers: [
  conv2d({ filters: 3, kernelSize: 3, activation: 'sigmoid', useBias: false }), flatten(), dense({ units: 1, activation: 'sigmoid' })] });
model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'halfSquaredError' });
const history = await model.fit(x, y, { batchSize: 4, epochs: 1 });
const sum = model.getWeights()[0].data.reduce((a, b) => a + b, 0);
console.log(JSON.stringify({ variant, loss: history.history.loss[0], sum }));
model.dispose();
`;

beforeAll(() => {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder, '--ignore-scripts'], root),
  ) as [{ filename: string; files: { path: string }[] }];
  files = packed.files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)]);
});

test('the package holds what is needed and nothing else', () => {
  for (const path of [
    'dist/index.js',
    'dist/index.cjs',
    'dist/index.d.ts',
    'dist/node.js',
    'dist/node.cjs',
    'dist/node.d.ts',
    'dist/tfjs.js',
    'dist/tfjs.cjs',
    'dist/tfjs.d.ts',
    'dist/browser/index.js',
    'dist/browser/tfjs.js',
    'dist/cli.js',
    'dist/wasm/convgrad.simd128.wasm',
    'dist/wasm/convgrad.relaxed.wasm',
    'README.md',
    'LICENSE',
  ]) {
    expect(files).toContain(path);
  }
  expect(files.filter((path) => !/^(dist\/|README|CHANGELOG|LICENSE|package\.json)/.test(path))).toEqual([]);
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/convgrad/package.json'), 'utf8')) as object;
  expect(manifest).not.toHaveProperty('dependencies');
});

test('ESM and CommonJS train the same network to the same numbers', () => {
  const names = 'init, sequential, conv2d, flatten, dense, sgd';
  writeFileSync(join(folder, 'esm.mjs'), `import { ${names} } from 'convgrad';\n${program}`);
  writeFileSync(join(folder, 'cjs.cjs'), `const { ${names} } = require('convgrad');\n(async () => {${program}})();`);
  const esm = JSON.parse(run(process.execPath, ['esm.mjs'])) as { variant: string; loss: number; sum: number };
  const cjs = JSON.parse(run(process.execPath, ['cjs.cjs'])) as typeof esm;
  expect(esm.variant).toBe('simd128');
  expect(Number.isFinite(esm.loss)).toBe(true);
  expect(cjs).toEqual(esm);
});

test('convgrad/node shares classes and engine with convgrad, in ESM and CommonJS', () => {
  const body = `
const model = sequential({ inputShape: [2], layers: [dense({ units: 1 })] });
await saveModel(model, 'model.safetensors');
const loaded = await loadModel('model.safetensors');
console.log(loaded instanceof Model, JSON.stringify(loaded) === JSON.stringify(model));
console.log(String((await loaded.predict([[1, 2]])).data) === String((await model.predict([[1, 2]])).data));
try { await loadModel('package.json'); } catch (error) { console.log(error instanceof FormatError); }`;
  const names = 'sequential, dense, Model, FormatError';
  writeFileSync(
    join(folder, 'files.mjs'),
    `import { ${names} } from 'convgrad';\nimport { saveModel, loadModel } from 'convgrad/node';\n${body}`,
  );
  writeFileSync(
    join(folder, 'files.cjs'),
    `const { ${names} } = require('convgrad');\nconst { saveModel, loadModel } = require('convgrad/node');\n(async () => {${body}})();`,
  );
  for (const file of ['files.mjs', 'files.cjs']) {
    expect(run(process.execPath, [file]).trim().split('\n')).toEqual(['true true', 'true', 'true']);
  }
});

test('convgrad/tfjs is a backend of the TensorFlow.js that the application has, in ESM and CommonJS', () => {
  const body = `
await registerBackend({ simd: 'strict' });
await tf.setBackend('convgrad');
const y = tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1]), 1, 'valid').relu();
console.log(tf.getBackend(), tf.memory().unreliable, String(await y.data()));
await registerWasmTrainingKernels();
await tf.setBackend('wasm');
const gradient = tf.grad((f) => tf.conv2d(tf.ones([1, 3, 3, 1]), f, 1, 'valid'))(tf.ones([2, 2, 1, 1]));
console.log(tf.getBackend(), String(await gradient.data()));`;
  symlinkSync(join(root, 'node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'));
  writeFileSync(
    join(folder, 'tfjs.mjs'),
    `import * as tf from '@tensorflow/tfjs';\nimport '@tensorflow/tfjs-backend-wasm';\nimport { registerBackend, registerWasmTrainingKernels } from 'convgrad/tfjs';\n${body}`,
  );
  writeFileSync(
    join(folder, 'tfjs.cjs'),
    `const tf = require('@tensorflow/tfjs');\nrequire('@tensorflow/tfjs-backend-wasm');\nconst { registerBackend, registerWasmTrainingKernels } = require('convgrad/tfjs');\n(async () => {${body}})();`,
  );
  for (const file of ['tfjs.mjs', 'tfjs.cjs']) {
    const lines = run(process.execPath, [file]).trim().split('\n');
    expect(lines.slice(-2)).toEqual(['convgrad false 4,4,4,4', 'wasm 4,4,4,4']);
  }
});

test.each([
  ['bundler', 'ESNext', 'consumer.ts'],
  ['nodenext', 'NodeNext', 'consumer.mts'],
  ['nodenext', 'NodeNext', 'consumer.cts'],
])('types resolve with moduleResolution %s (%s, %s)', (moduleResolution, module, file) => {
  const project = join(folder, `${moduleResolution}-${file.slice(-3)}`);
  mkdirSync(project, { recursive: true });
  writeFileSync(
    join(project, file),
    `import { dense, type History, type Model, sequential, type Tensor } from 'convgrad';
import { loadModel, saveModel } from 'convgrad/node';
export async function train(): Promise<[History, Tensor]> {
  const model = sequential({ inputShape: [2], layers: [dense({ units: 1, activation: 'sigmoid' })] });
  model.compile({ optimizer: 'sgd', loss: 'halfSquaredError', metrics: ['accuracy'] });
  // @ts-expect-error: there is no such loss
  model.compile({ optimizer: 'sgd', loss: 'nonsense' });
  await saveModel(model, 'model.safetensors', { includeOptimizer: true });
  const loaded: Model = await loadModel('model.safetensors');
  loaded.dispose();
  return [await model.fit([[0, 1]], [[1]], { epochs: 2 }), await model.predict([[0, 1]])];
}
`,
  );
  const options = {
    strict: true,
    noEmit: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    types: [],
    module,
    moduleResolution,
    skipLibCheck: false,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: [file] }));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
});

test('the installed command answers', () => {
  expect(run(join(folder, 'node_modules/.bin/convgrad'), ['--version']).trim()).toBe('0.1.0');
});
