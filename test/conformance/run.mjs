/** The specs on tfjs's cpu backend and on ours, and on its wasm backend without and with our kernels: none may be lost. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/setup/shell.mjs';
import { bundle } from './bundle.mjs';
import { runInChromium } from './page.mjs';

const kernels = (simd) => join(root, 'dist/wasm', `convgrad.${simd === 'strict' ? 'simd128' : 'relaxed'}.wasm`);

/** Runs the specs on a backend in a Node of their own; answers `{ name, status, message }` of each. */
export function runInNode(node, path, backend, simd = 'strict') {
  const output = join(root, '.cache', 'conformance', `${backend}-${simd}.json`);
  const args = [join(root, 'test/conformance/node.mjs'), path, backend, simd, kernels(simd), output];
  // The specs print profiles and warnings by the hundred.
  const { status, stderr } = spawnSync(node, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`the specs did not run on ${backend}: ${stderr.slice(-2000)}`);
  return JSON.parse(readFileSync(output, 'utf8'));
}

/**
 * Compares by name.
 *
 * @returns how many passed on either, and a line for each that passed on cpu and not on ours.
 */
export function compare(cpu, ours) {
  const ended = new Map();
  for (const { name, status, message } of ours) ended.set(name, [...(ended.get(name) ?? []), { status, message }]);
  const failures = [];
  for (const { name, status } of cpu) {
    const found = ended.get(name)?.shift();
    if (status === 'passed' && found?.status !== 'passed') failures.push(`${name}: ${found?.message ?? 'did not run'}`);
  }
  const passed = (specs) => specs.filter(({ status }) => status === 'passed').length;
  return { passed: passed(ours), onCpu: passed(cpu), failures };
}

/** Runs and compares in Node; prints what failed. */
export async function conformance(node, simd) {
  const path = await bundle('node');
  return tell(compare(runInNode(node, path, 'cpu'), runInNode(node, path, 'convgrad', simd)));
}

/** Runs and compares in Chromium, on the fastest kernels; prints what failed. @param chromium - The program. */
export async function conformanceInChromium(chromium) {
  const path = await bundle('browser');
  const [cpu, ours] = await runInChromium(chromium, path, ['cpu', 'convgrad'], 'relaxed', kernels('relaxed'));
  return tell(compare(cpu, ours));
}

function tell(result, where = "on tfjs's cpu backend") {
  for (const line of result.failures) console.log(line);
  const { passed, failures, onCpu } = result;
  console.log(`${passed} passed, ${failures.length} failed; ${where} ${onCpu} passed`);
  return result;
}

/** Specs that failed on the plain wasm backend for want of a kernel that we plug in: convolutions, gathers, Einsum. */
const wanted = /Kernel '(Conv2DBackprop|DepthwiseConv2dNativeBackprop|Einsum|UnsortedSegmentSum)\w*' not registered/;

/**
 * Runs the specs on tfjs's wasm backend as it is and with our kernels, and prints what failed. What passed must still pass,
 * and all gradients and what failed for want of a kernel must pass now; the others have reasons of that backend's own (complex
 * numbers, strings, ragged tensors). `onCpu` counts the specs that must pass.
 */
export async function wasmConformance(node) {
  const path = await bundle('node', 'entryWasm');
  const plain = runInNode(node, path, 'wasm');
  const isWanted = ({ name, status, message }) =>
    status === 'failed' && (wanted.test(message) || /gradient/i.test(name));
  const expected = plain.map((spec) => (isWanted(spec) ? { ...spec, status: 'passed' } : spec));
  return tell(compare(expected, runInNode(node, path, 'wasm+plug')), 'on the plain wasm backend, with what it lacks,');
}
