/** The benchmarks' own arithmetic: every workload's check, and the command line. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = (path: string) => import(/* @vite-ignore */ join(root, 'bench', path));

interface Workload {
  readonly name: string;
  load(): { inputs: Record<string, Float32Array>; check(who: string, answer: Float32Array): void };
}

test('the answer of every kernel workload is right, and one wrong number in it is found', async () => {
  const { kernelWorkloads } = await script('workloads/kernels/index.mjs');
  const { startEngine } = await script('library.mjs');
  const { prepareKernel } = await script('engines/convgrad/kernels.mjs');
  const engine = await startEngine({ simd: 'strict' });
  const before = engine.liveAllocations;
  for (const workload of kernelWorkloads() as Workload[]) {
    const { inputs, check } = workload.load();
    const { answer, dispose } = prepareKernel(engine, workload, inputs);
    check(workload.name, answer);
    const index = Math.floor(answer.length / 3);
    answer[index] += 0.01 * answer.reduce((most: number, value: number) => Math.max(most, Math.abs(value)), 0);
    expect(() => check(workload.name, answer), workload.name).toThrow(workload.name);
    dispose();
  }
  expect(engine.liveAllocations).toBe(before);
}, 180_000);

const folder = temporaryFolder();
const newNode = join(root, 'node_modules/node/bin/node');

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(newNode, [join(root, 'bench/run.mjs'), ...args], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

test('--threads takes several numbers, and rows of several say how far apart the cores were', () => {
  const file = join(folder, 'threads.json');
  const only = ['--only', 'seed step, 1', '--engines', 'none', '--seconds', '0.02'];
  expect(bench('seed', ...only, '--threads', '1', '2', '--json', file).status).toBe(0);
  const { rows } = JSON.parse(readFileSync(file, 'utf8'));
  expect(rows.map(({ threads }: { threads: number }) => threads)).toEqual([1, 1, 2, 2]);
  const nanoseconds = [expect.toSatisfy((trip: number) => trip > 1), expect.toSatisfy((trip: number) => trip > 1)];
  const expected = [undefined, undefined, nanoseconds, nanoseconds];
  expect(rows.map(({ handoff_ns }: { handoff_ns?: number[] }) => handoff_ns)).toEqual(expected);
});

test('a sample is taken where it was quiet before and after, or else where it was quietest', async () => {
  const { QuietWatch } = await script('quiet.mjs');
  const shares = (list: number[]) => new QuietWatch(() => list.shift() ?? 0.5);
  let taken = 0;
  const take = () => ++taken;
  const first = await shares([0.5, 0.6, 0.99, 0.7, 0.8, 0.97, 0.96, 1, 1]).sample(take);
  expect(first).toEqual({ milliseconds: 2, quiet: 0.96 });
  const { quiet } = await shares([0.95, 0.7, 0.94, 0.8]).sample(take);
  expect(quiet).toBe(0.8);
});

test('--quiet says how quiet it was', () => {
  const file = join(folder, 'quiet.json');
  const only = ['--only', 'seed step, 1', '--engines', 'none', '--seconds', '0.004'];
  expect(bench('seed', ...only, '--quiet', '--threads', '1', '2', '--json', file).status).toBe(0);
  const { about, rows } = JSON.parse(readFileSync(file, 'utf8'));
  expect(about.quiet).toBe(true);
  for (const { quiet } of rows) expect(quiet).toBeGreaterThan(0);
  for (const { quiet } of rows) expect(quiet).toBeLessThanOrEqual(1);
}, 60_000);

test('a record has what its readers need', () => {
  const file = join(folder, 'record.json');
  const only = ['--only', 'matmul 256|seed step, 1|sigmoid forward', '--engines', 'plain'];
  const { status } = bench('all', ...only, '--seconds', '0.02', '--json', file);
  expect(status).toBe(0);
  const { about, rows } = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of ['cpu', 'cores', 'node', 'v8', 'versions', 'commit', 'date']) expect(about).toHaveProperty(name);
  expect(rows.map(({ engine, variant }: Record<string, string>) => `${engine} ${variant}`)).toEqual([
    ...['convgrad relaxed', 'convgrad simd128', 'plain loops js'],
    ...['convgrad relaxed', 'convgrad simd128', 'convgrad relaxed', 'convgrad simd128'],
  ]);
  for (const row of rows) {
    expect(row.min_ms).toBeLessThanOrEqual(row.median_ms);
    expect(row.median_ms).toBeLessThanOrEqual(row.max_ms);
    for (const name of ['gflops', 'percent_of_peak', 'ratio', 'threads']) expect(row[name]).toBeGreaterThan(0);
  }
});

test.each([
  [['seed', '--only', 'nothing'], '--only: expected a part of a workload'],
  [['race', 'nobody'], 'race: expected one of tiles, relu, winograd, got "nobody"'],
  [['mnist', '--data', '/nowhere'], 'no file /nowhere/mnist8k-images-idx3-ubyte.gz; give the folder'],
])('%s is said in words, with exit code 2', (args, message) => {
  const { status, err } = bench(...args);
  expect(status).toBe(2);
  expect(err).toContain(message);
});

test.each(['tiles', 'relu'])('the race %s is run, all ways with one answer', (name) => {
  const { status, out } = bench('race', name, '--seconds', '0.01');
  expect(status).toBe(0);
  expect(out.match(/GFLOP\/s/g)?.length).toBeGreaterThanOrEqual(5);
});

test("in the race winograd both ways' answers are near each other, and what is chosen is told", () => {
  const { status, out } = bench('race', 'winograd', '--seconds', '0.001');
  expect(status).toBe(0);
  expect(out.match(/\*(direct|winograd) [\d.]+ µs/g)?.length).toBeGreaterThan(200);
  expect(out).toMatch(/\* is chosen: it takes 1\.\d+ of the fastest way's time/);
});

test('under TensorFlow.js: convgrad as its backend and trainWith reach the losses that are known', () => {
  const file = join(folder, 'tfjs.json');
  const only = ['--only', ' fit', '--engines', '^(tfjs convgrad|trainWith)'];
  const { status } = bench('tfjs', ...only, '--seconds', '0.02', '--json', file);
  expect(status).toBe(0);
  const { rows } = JSON.parse(readFileSync(file, 'utf8'));
  const models = ['convnet', 'mnist-convnet', 'transfer head', 'small ResNet'];
  const engines = ['convgrad', 'convgrad', 'tfjs convgrad', 'trainWith'];
  const found = rows.map(({ workload, engine }: Record<string, string>) => `${workload?.split(' fit')[0]}: ${engine}`);
  expect(found).toEqual(models.flatMap((model) => engines.map((engine) => `${model}: ${engine}`)));
}, 120_000);

test('well-known networks: a step and one image have the answers that TensorFlow has', async () => {
  const file = join(folder, 'networks.json');
  const { status } = bench('networks', '--engines', 'none', '--seconds', '0.002', '--json', file);
  expect(status).toBe(0);
  const { networkWorkloads } = await script('workloads/networks/index.mjs');
  const names = (networkWorkloads() as Workload[]).map(({ name }) => name);
  const { rows } = JSON.parse(readFileSync(file, 'utf8'));
  const found = rows.filter(({ engine }: { engine: string }) => engine === 'convgrad');
  expect(found.map(({ workload }: { workload: string }) => workload)).toEqual(
    names.flatMap((name) => [name, name, name, name]),
  );
  const [first] = networkWorkloads() as Workload[];
  expect(() => first?.load().check('LeNet', Float32Array.of(3.337, 3.2))).toThrow('LeNet: expected 3.14855 at 1');
}, 180_000);
