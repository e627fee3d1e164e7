/** The command line, as a user runs it. */

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = temporaryFolder();

function run(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  if (error !== undefined) throw error;
  return { status, out: stdout, err: stderr };
}

/** What it prints when it ends well; a failure shows what it said. */
function runWell(...args: string[]): string {
  const { status, out, err } = run(...args);
  expect(status, `${out}\n${err}`).toBe(0);
  return out;
}

test('both networks by default, one report', () => {
  const out = runWell('--epochs', '2', '--digits-epochs', '1');
  expect(out).toContain('Is the digit odd?');
  expect(out).toContain('Which digit is it?');
  const report = readFileSync(join(folder, 'reports', 'index.html'), 'utf8');
  for (const part of ['Learned filters', 'Confusion matrix', 'href="#seed"', 'href="#digits"']) {
    expect(report).toContain(part);
  }
});

test('the network for ten digits names at least 98.5 % of the held-out fifth', () => {
  const out = runWell('--only', 'digits', '--report', join(folder, 'digits'));
  expect(out).not.toContain('Is the digit odd?');
  const [, right, count] = /held-out digits: [\d.]+ % right \((\d+) of (\d+)\)/.exec(out)?.map(Number) ?? [];
  expect(count).toBe(359);
  expect((right as number) / 359).toBeGreaterThanOrEqual(0.985);
  // The table has the same digits: what stands on its diagonal is right.
  const rows = [...out.matchAll(/^ {2}(\d) +((?:[\d·]+ +){10})([\d.]+) %$/gm)];
  const table = rows.map(([, , cells = '']) =>
    cells
      .trim()
      .split(/ +/)
      .map((cell) => (cell === '·' ? 0 : Number(cell))),
  );
  expect(table).toHaveLength(10);
  expect(table.flat().reduce((a, b) => a + b)).toBe(359);
  expect(table.reduce((sum, row, label) => sum + (row[label] as number), 0)).toBe(right);
  const [zero = []] = table;
  const share = (100 * (zero[0] as number)) / zero.reduce((a, b) => a + b);
  expect(Number(rows[0]?.[3])).toBeCloseTo(share, 1);
  const report = readFileSync(join(folder, 'digits', 'index.html'), 'utf8');
  expect(report).toContain(`${right} of 359`);
  expect(report.match(/<figure class="wrong">/g) ?? []).toHaveLength(359 - (right as number));
}, 180_000);

test('trains on the embedded digits and beats the more frequent answer by far', () => {
  const out = runWell(
    '--only',
    'seed',
    '--epochs',
    '60',
    '--filters',
    '1',
    '--explain',
    '--report',
    join(folder, 'report'),
  );
  expect(out).toContain('1,797 handwritten digits (UCI optdigits): 1438 to train, 359 held out');
  expect(out).toContain('dE/dW = H1 × δᵀ    (400×100)·(100×1) = (400×1)');
  const [, right] = /held-out digits: ([\d.]+) % right/.exec(out) ?? [];
  expect(Number(right)).toBeGreaterThan(80);
  const report = readFileSync(join(folder, 'report', 'index.html'), 'utf8');
  expect(report).toContain('Learned filters');
  expect(report).toContain('new uPlot');
  expect(report.match(/<img src="data:image\/png/g)?.length).toBeGreaterThan(20);
});

test.each([
  [['--filters', '0'], "option '--filters <k>' argument '0' is invalid. expected an integer from 1 to 64"],
  [['--learning-rate', 'fast'], "argument 'fast' is invalid. expected a number > 0"],
  [['--nonsense'], "unknown option '--nonsense'"],
  [['--only', 'letters'], 'Allowed choices are seed, digits.'],
  [['--only', 'digits', '--epochs', '3'], '--epochs: expected no option of a network that is not trained'],
  [['--only', 'seed', '--digits-epochs', '3'], '--digits-epochs: expected no option of a network that is not trained'],
  [['--only', 'digits', '--data', 'x.csv'], '--data: expected no option of a network that is not trained'],
  [['--data', 'missing.csv'], '--data: could not read missing.csv: no such file'],
])('%s is one clear line and exit code 2', (args, message) => {
  const { status, err } = run(...args);
  expect(status).toBe(2);
  expect(err).toContain(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('broken files are one clear line and exit code 2', () => {
  writeFileSync(join(folder, 'broken.csv'), '1,2,3,4,5\n1,2,3\n');
  const { status, err } = run('--data', 'broken.csv');
  expect(status).toBe(2);
  expect(err.trim()).toBe('convgrad: broken.csv: expected 5 columns in line 2, got 3');
});

test('a report that could not be written is told before anything is trained', () => {
  writeFileSync(join(folder, 'file'), '');
  const { status, out, err } = run('--report', join('file', 'reports'));
  expect(status).toBe(2);
  expect(err.trim()).toBe(
    `convgrad: --report: could not write to ${join('file', 'reports')}: a part of the path is no folder`,
  );
  expect(out).toBe('');
});

test('IDX files of 28×28 pixels are cut to the middle', () => {
  const count = 60;
  const images = Buffer.alloc(16 + count * 784);
  images.set([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]);
  const labels = Buffer.alloc(8 + count);
  labels.set([0, 0, 8, 1, 0, 0, 0, count]);
  for (let n = 0; n < count; n++) {
    labels[8 + n] = n % 2;
    images.fill(n % 2 === 1 ? 255 : 0, 16 + n * 784 + 280, 16 + n * 784 + 504);
  }
  writeFileSync(join(folder, 'images.gz'), gzipSync(images));
  writeFileSync(join(folder, 'labels'), labels);
  const out = runWell(
    '--data',
    'images.gz',
    'labels',
    '--epochs',
    '40',
    '--no-report',
    '--batch-size',
    '10',
    '--learning-rate',
    '0.001',
  );
  expect(out).toContain('held-out digits: 100.0 % right');
});

test.each([
  ['--epochs', 'Which digit is it?'],
  ['--only=digits --digits-epochs', 'Is the digit odd?'],
])('Ctrl-C ends cleanly and reports what was learned: %s', async (options, absent) => {
  const child = spawn(process.execPath, [cli, ...options.split(' '), '100000', '--no-report'], { cwd: folder });
  let [out, errors, sent] = ['', '', false];
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
  });
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString();
    // Once: a second Ctrl-C ends the program at once.
    if (out.includes('epoch 1/') && !sent) sent = child.kill('SIGINT');
  });
  const status = await new Promise((resolve) => child.on('exit', resolve));
  expect(status, errors).toBe(0);
  expect(out).toContain('stopped by Ctrl-C after');
  expect(out).toMatch(/held-out digits: [\d.]+ % right/);
  expect(out).not.toContain(absent);
});
