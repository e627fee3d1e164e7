/** Rows of a benchmark: printed as they come, written with all that they depend on. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { median } from './measure.mjs';

const projects = ['@tensorflow/tfjs', '@jax-js/jax'];
const peers = ['@tensorflow/tfjs-backend-wasm', 'onnxruntime-web'];

/** The machine, the programs and the state of the project. */
export function describeRun() {
  const git = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim();
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    load: loadavg()[0],
    node: process.version,
    v8: process.versions.v8,
    versions: { ...versionsOf(projects, '../'), ...versionsOf(peers, './peers/') },
    commit: git('rev-parse', 'HEAD'),
    changed: git('status', '--porcelain') !== '',
    date: new Date().toISOString(),
  };
}

/** Versions of packages; those that are not installed are left out. */
function versionsOf(names, folder) {
  const found = names.flatMap((name) => {
    const file = new URL(`${folder}node_modules/${name}/package.json`, import.meta.url);
    return existsSync(file) ? [[name, JSON.parse(readFileSync(file, 'utf8')).version]] : [];
  });
  return Object.fromEntries(found);
}

/**
 * A row of a record.
 *
 * @param limit GFLOP/s that the row can reach at best; or milliseconds, for work that is not bound by arithmetic.
 * @param quiet How much of its core the process had, from 0 to 1; undefined when that was not watched.
 * @param trips Nanoseconds in which cores hand over a word and back, before and after; undefined without threads. See handoff.mjs.
 * @param base Milliseconds of the row that others are compared with; none for that row itself.
 */
export function makeRow({ workload, engine, times, quiet, trips, limit, base }) {
  const milliseconds = median(times);
  const gflops = workload.flops / milliseconds / 1e6;
  return {
    workload: workload.name,
    engine: engine.name,
    variant: engine.variant,
    threads: engine.threads,
    median_ms: milliseconds,
    min_ms: times.reduce((least, time) => Math.min(least, time)),
    max_ms: times.reduce((most, time) => Math.max(most, time)),
    samples: times.length,
    quiet,
    ...(engine.threads > 1 && { handoff_ns: trips }),
    gflops,
    bound: limit.bound,
    percent_of_peak:
      100 * (limit.milliseconds === undefined ? gflops / limit.gflops : limit.milliseconds / milliseconds),
    ratio: milliseconds / (base ?? milliseconds),
    ...workload.about,
  };
}

/** A row as a line. */
export function formatRow(row) {
  const number = (value, digits, width) => value.toFixed(digits).padStart(width);
  return [
    row.engine.padEnd(14),
    row.variant.padEnd(9),
    `${String(row.threads).padStart(2)} thr`,
    `${number(row.median_ms, row.median_ms < 10 ? 4 : 1, 10)} ms`,
    `${number(row.gflops, 2, 8)} GFLOP/s`,
    `${number(row.percent_of_peak, 1, 6)} % of ${row.bound.padEnd(12)}`,
    `${number(row.ratio, 2, 9)}×`,
    `(${row.min_ms.toFixed(4)} to ${row.max_ms.toFixed(4)}, ${row.samples} samples)`,
    row.quiet === undefined ? '' : `quiet ${(100 * row.quiet).toFixed(0)} %`,
  ].join(' ');
}

/** Writes a record. */
export function writeRecord(file, about, rows) {
  writeFileSync(file, `${JSON.stringify({ about, rows }, null, 2)}\n`);
  console.log(`\nwritten: ${file}`);
}
