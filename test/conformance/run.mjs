/** The specs on tfjs's cpu backend and on ours: what passes there must pass here. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/setup/shell.mjs';
import { bundle } from './bundle.mjs';

/** Runs the specs on a backend in a Node of their own; answers `{ name, status, message }` of each. */
export function runInNode(node, path, backend, simd = 'strict') {
  const output = join(root, '.cache', 'conformance', `${backend}-${simd}.json`);
  const wasm = join(root, 'dist/wasm', `convgrad.${simd === 'strict' ? 'simd128' : 'relaxed'}.wasm`);
  const args = [join(root, 'test/conformance/node.mjs'), path, backend, simd, wasm, output];
  // The specs print profiles and warnings by the hundred.
  const { status, stderr } = spawnSync(node, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`the specs did not run on ${backend}: ${stderr.slice(-2000)}`);
  return JSON.parse(readFileSync(output, 'utf8'));
}

/**
 * Compares by name; the names of specs carry the backend's. The two specs `Switching cpu backends` exist only
 * for a backend that is called cpu.
 *
 * @returns how many passed on ours, and a line for each that passed on cpu and not on ours.
 */
export function compare(cpu, ours) {
  const strip = (name) => name.replaceAll(/ (cpu|convgrad|wasm) \{\}/g, '');
  const ended = new Map();
  for (const { name, status, message } of ours) {
    const all = ended.get(strip(name)) ?? [];
    ended.set(strip(name), [...all, { status, message }]);
  }
  const failures = [];
  for (const { name, status } of cpu) {
    if (status !== 'passed' || name.startsWith('Switching cpu backends')) continue;
    const found = ended.get(strip(name))?.shift();
    if (found?.status !== 'passed') failures.push(`${strip(name)}: ${found?.message ?? 'did not run'}`);
  }
  return { passed: ours.filter(({ status }) => status === 'passed').length, failures };
}

/** Runs and compares in Node; prints what failed. */
export async function conformance(node, simd) {
  const path = await bundle('node');
  const cpu = runInNode(node, path, 'cpu');
  const result = compare(cpu, runInNode(node, path, 'convgrad', simd));
  for (const line of result.failures) console.log(line);
  const onCpu = cpu.filter(({ status }) => status === 'passed').length;
  console.log(`${result.passed} passed, ${result.failures.length} failed; on tfjs's cpu backend ${onCpu} passed`);
  return { ...result, onCpu };
}
