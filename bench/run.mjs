/**
 * Benchmarks. `npm run bench -- seed [--json FILE] [--native PYTHON] [--seconds S]`
 *
 * Every engine of a workload runs in the same process and in turn, a few steps at a time, so that a change of the
 * machine's speed meets all of them. Medians are compared, not means. Before its steps are timed an engine must give
 * the workload's answer.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { convgrad } from './engines/convgrad.mjs';
import { jaxJs } from './engines/jax-js.mjs';
import { plain } from './engines/plain.mjs';
import { tfjsCpu } from './engines/tfjs.mjs';
import { measurePeak } from './peak.mjs';
import { seedWorkload } from './workloads/seed.mjs';

const program = new Command('bench')
  .argument('<workload>', 'what to measure: seed')
  .option('--json <file>', 'write the rows to a file')
  .option('--native <python>', 'a Python with tensorflow-cpu or jax, measured in the same sitting')
  .addOption(new Option('--seconds <s>', 'time for each engine of a workload').default(3).argParser(Number))
  .parse();
const { json, native, seconds } = program.opts();
const [name] = program.args;
if (name !== 'seed') {
  console.error(`bench: expected the workload seed, got "${name}"`);
  process.exit(2);
}

console.log(`${cpus()[0]?.model}, Node ${process.version}, V8 ${process.versions.v8}`);
const rows = [];
for (const filters of [1, 3]) {
  const workload = seedWorkload(filters);
  const peak = await measurePeak();
  const engines = [];
  for (const make of [convgrad('relaxed'), convgrad('strict'), plain, jaxJs, tfjsCpu]) {
    const engine = await make(workload);
    workload.check(engine.name, engine.answer);
    engines.push({ ...engine, times: [] });
  }
  await alternate(engines, seconds);
  const results = engines.map(({ name: engine, variant, times }) => ({ engine, variant, times }));
  if (native !== undefined) results.push(...runNative(native, filters));
  const ours = median(results[0].times);
  console.log(
    `\n${workload.name}, ${workload.flops} FLOP; peak ${peak.fma.toFixed(1)} GFLOP/s fused, ${peak.mulAdd.toFixed(1)} not`,
  );
  for (const { engine, variant, times } of results) {
    const ms = median(times);
    const gflops = workload.flops / ms / 1e6;
    const row = {
      workload: workload.name,
      engine,
      variant,
      threads: variant === 'native' ? 'all' : 1,
      median_ms: ms,
      min_ms: Math.min(...times),
      max_ms: Math.max(...times),
      gflops,
      percent_of_peak: (gflops / (variant === 'simd128' ? peak.mulAdd : peak.fma)) * 100,
      ratio: ms / ours,
    };
    rows.push(row);
    console.log(
      `${engine.padEnd(14)} ${variant.padEnd(9)} ${ms.toFixed(3).padStart(10)} ms  ${gflops.toFixed(2).padStart(7)} GFLOP/s  ${row.percent_of_peak.toFixed(1).padStart(5)} % of peak  ${row.ratio.toFixed(2).padStart(8)}×  (${times.length} samples, ${row.min_ms.toFixed(3)} to ${row.max_ms.toFixed(3)})`,
    );
  }
  for (const { dispose } of engines) dispose?.();
}
if (json !== undefined) {
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout?.trim();
  const about = {
    cpu: cpus()[0]?.model,
    node: process.version,
    v8: process.versions.v8,
    commit,
    date: new Date().toISOString(),
  };
  writeFileSync(json, `${JSON.stringify({ about, rows }, null, 2)}\n`);
  console.log(`\nwritten: ${json}`);
}

/** Warms every engine up, then measures them in turn until each has had its time. */
async function alternate(engines, limit) {
  for (const engine of engines) {
    const end = performance.now() + 500;
    let steps = 0;
    while (performance.now() < end || steps < 3) {
      await engine.step();
      steps++;
    }
    // A sample is a few milliseconds of steps, so that the clock's grain does not matter.
    const start = performance.now();
    await engine.step();
    const once = performance.now() - start;
    engine.perSample = Math.max(1, Math.round(5 / once));
    engine.left = limit * 1000;
  }
  while (engines.some(({ left }) => left > 0)) {
    for (const engine of engines) {
      if (engine.left <= 0) continue;
      const start = performance.now();
      for (let step = 0; step < engine.perSample; step++) await engine.step();
      const elapsed = performance.now() - start;
      engine.times.push(elapsed / engine.perSample);
      engine.left -= elapsed;
    }
  }
}

function runNative(python, filters) {
  const script = fileURLToPath(new URL('./native/seed.py', import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(python, [script, String(filters), String(seconds)], {
    encoding: 'utf8',
  });
  if (error || status !== 0) {
    console.error(`bench: --native ${python}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
    process.exit(2);
  }
  return JSON.parse(stdout.trim().split('\n').at(-1)).map((row) => ({ ...row, variant: 'native' }));
}

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
