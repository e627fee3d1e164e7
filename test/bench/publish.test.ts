/** What the documents say about speed is what the records say. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = (path: string) => import(/* @vite-ignore */ join(root, 'bench', path));

test('README and documents are as their records make them', async () => {
  const { outdated } = await script('publish/index.mjs');
  expect(outdated(), 'run: npm run bench -- publish').toEqual([]);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, file = ''] = /<!-- record: (\S+), table: steps -->/.exec(readme) ?? [];
  const { rows } = JSON.parse(readFileSync(join(root, file), 'utf8'));
  const seed = rows.find(({ workload, engine }: Record<string, string>) => /seed/.test(`${workload} ${engine}`));
  expect(readme).toContain(`${seed.median_ms.toPrecision(3)} (1.0×)`);
});

test('a record takes the place of those of its name only', async () => {
  const { render } = await script('publish/index.mjs');
  const recordsOf = (text: string) => [...text.matchAll(/<!-- record: (\S+),/g)].map(([, file]) => file);
  const before = render() as Map<string, string>;
  const tfjs = recordsOf(before.get('docs/tfjs.md') as string)[0] as string;
  const after = render(tfjs) as Map<string, string>;
  expect(after.get('docs/tfjs.md')).toContain(tfjs);
  for (const path of ['README.md', 'docs/performance.md']) {
    const own = recordsOf(before.get(path) as string).filter((file) => file !== 'none');
    expect(recordsOf(after.get(path) as string)).toEqual(expect.arrayContaining(own));
    expect(own).not.toContain(tfjs);
  }
});

test('a record that no document has a place for is refused, and one that does not exist', async () => {
  const { publish } = await script('publish/index.mjs');
  const nowhere = 'bench/records/2026-11-25-mnist.json';
  expect(() => publish(nowhere)).toThrow(`has a place for, got ${nowhere}; nothing was written`);
  expect(() => publish('missing.json')).toThrow('got missing.json, which does not exist');
});

const about = { cpu: 'CPU', node: 'v24.0.0', date: '2026-01-02T00:00:00Z', commit: '0123456789' };
const row = (workload: string, engine: string, variant: string, median_ms: number, more = {}) => ({
  ...{
    workload,
    engine,
    variant,
    threads: 1,
    median_ms,
    min_ms: median_ms / 1.5,
    ratio: median_ms / 2,
    percent_of_peak: 50,
    bound: 'fma',
    gflops: 4,
  },
  ...more,
});

test('tables: a column a step, a row a kernel with the fastest of the others, a column an engine', async () => {
  const { stepTable, kernelTable, engineTable } = await script('publish/tables.mjs');
  const rows = [
    row('seed step', 'convgrad', 'relaxed', 2),
    row('seed step', 'tensorflow', 'native', 30, { threads: 2 }),
    row('matmul 4', 'convgrad', 'relaxed', 2),
    row('matmul 4', 'tfjs cpu', 'js', 40),
    row('matmul 4', 'jax-js', 'wasm', 8),
    row('batch 4: matmul', 'convgrad', 'relaxed', 2, { grows: 'batch', size: 4, what: 'matmul' }),
  ];
  const [, , first, second] = stepTable({ about, rows }).split('\n');
  expect(first).toMatch(/^\| convgrad, relaxed +\| +2\.00 \(1\.0×\) \|$/);
  expect(second).toMatch(/^\| tensorflow, native, 2 threads +\| +30\.0 \(15×\) \|$/);
  expect(kernelTable({ about, rows }).split('\n').slice(2, 4)).toEqual([
    '| matmul 4           |      2.00 | 50 (75) % of fma |         |        jax-js, wasm: 4.0× |',
    '',
  ]);
  const [head, , step, kernel] = engineTable({ about, rows: rows.slice(0, 3) }).split('\n');
  expect(head).toMatch(/^\| median ms +\| convgrad, relaxed \| tensorflow, native, 2 threads \|$/);
  expect(step).toMatch(/^\| seed step +\| +2\.00 \(1\.0×\) \| +30\.0 \(15×\) \|$/);
  expect(kernel).toMatch(/^\| matmul 4 +\| +2\.00 \(1\.0×\) \| +\|$/);
});

test('charts: bars of steps and kernels, a picture for each size that grows', async () => {
  const { stepChart, kernelChart } = await script('publish/chart.mjs');
  const { scaleCharts } = await script('publish/scale.mjs');
  const rows = [
    row('seed step', 'convgrad', 'relaxed', 2),
    row('seed step', 'a<b', 'js', 200),
    row('matmul 4', 'convgrad', 'relaxed', 2),
    ...[1, 2, 4].map((size) =>
      row(`batch ${size}`, 'convgrad', 'relaxed', size, { grows: 'batch', size, what: 'conv' }),
    ),
  ];
  expect(stepChart({ rows }).match(/<rect x/g)).toHaveLength(2);
  expect(stepChart({ rows })).toContain('a&lt;b, js');
  expect(kernelChart({ rows })).toContain('50 %');
  const pictures = scaleCharts({ rows });
  expect(Object.keys(pictures)).toEqual(['scale-batch']);
  expect(pictures['scale-batch'].match(/<circle/g)).toHaveLength(3);
  expect(scaleCharts({ rows: rows.slice(0, 3) })).toBe('');
});
