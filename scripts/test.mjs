/**
 * All tests: the crate natively, TypeScript on the Node that runs this and on one with relaxed SIMD, the packed
 * package in its consumers, and the browser. The last line counts them all.
 *
 * Arguments are passed to vitest, which then runs alone: `npm test -- test/seed`.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { conformance, conformanceInChromium, wasmConformance } from '../test/conformance/run.mjs';
import { findChromium } from './setup/chromium.mjs';
import { newNode } from './setup/modules.mjs';
import { capture, root } from './setup/shell.mjs';

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
// npm puts node_modules/.bin first, where the newer Node lies; this is the one that npm itself runs on.
const machineNode = process.env.npm_node_execpath ?? process.execPath;
const filters = process.argv.slice(2);
const total = { passed: 0, failed: 0 };

function runVitest(title, node, config, extra = [], env = {}) {
  console.log(`\n── ${title} (Node ${capture(node, ['--version'])})`);
  const file = join(root, '.cache', 'vitest.json');
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(file, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status } = spawnSync(node, [vitest, 'run', '--config', config, ...reporters, ...extra], options);
  if (!existsSync(file)) {
    total.failed++;
    return;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  // A suite that could not be loaded, or a failing hook, has no failed test of its own.
  if (status !== 0 && report.numFailedTests === 0) total.failed++;
}

function runCargo(title, args) {
  console.log(`\n── the crate, ${title}`);
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, 'target', 'native') };
  const options = { cwd: root, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] };
  const { status, stdout, error } = spawnSync('cargo', ['test', '--quiet', ...args], options);
  if (error) {
    console.log(`cargo could not be run: ${error.message}`);
    total.failed++;
    return;
  }
  const counts = [...stdout.matchAll(/(\d+) passed; (\d+) failed/g)];
  const passed = counts.reduce((sum, [, count]) => sum + Number(count), 0);
  const failed = counts.reduce((sum, [, , count]) => sum + Number(count), 0);
  if (status !== 0) console.log(stdout);
  console.log(`${passed} passed`);
  total.passed += passed;
  total.failed += failed > 0 || status === 0 ? failed : 1;
}

async function runConformance(title, least, run) {
  console.log(`\n── the specs of TensorFlow.js on our backend, ${title}`);
  try {
    const { passed, failures, onCpu } = await run();
    total.passed += passed;
    // Fewer than ever passed on cpu would mean that specs got lost.
    total.failed += failures.length + (onCpu < least ? 1 : 0);
  } catch (error) {
    console.log(error.message);
    total.failed++;
  }
}

function runConformanceInNode(node, simd) {
  return runConformance(`${simd} (Node ${capture(node, ['--version'])})`, 4227, () => conformance(node, simd));
}

if (filters.length > 0) {
  runVitest('TypeScript', machineNode, 'vitest.config.ts', filters);
} else {
  runCargo('natively', []);
  runCargo('in double precision', ['--features', 'double']);
  runVitest('TypeScript', machineNode, 'vitest.config.ts');
  if (machineNode !== newNode()) runVitest('TypeScript with relaxed SIMD', newNode(), 'vitest.config.ts');
  await runConformanceInNode(machineNode, 'strict');
  await runConformanceInNode(newNode(), 'relaxed');
  await runConformance('wasm with our kernels', 3980, () => wasmConformance(machineNode));
  runVitest('the package in its consumers', machineNode, 'test/packaging/vitest.config.ts');
  const chromium = findChromium();
  if (chromium.path !== undefined) {
    runVitest('the page in Chromium', newNode(), 'test/browser/vitest.config.ts', [], { CHROMIUM: chromium.path });
    await runConformance('relaxed, in Chromium', 4360, () => conformanceInChromium(chromium.path));
  } else if (process.env.CI === undefined) {
    console.log(`\nthe browser tests are skipped: ${chromium.reason}`);
  } else {
    console.log(`\nthe browser tests cannot run: ${chromium.reason}`);
    total.failed++;
  }
}

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
