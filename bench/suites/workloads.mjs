/** Runs workloads: every engine that can do one, in turn, after its answer was checked. */

import { Handoff } from '../handoff.mjs';
import { alternate, median } from '../measure.mjs';
import { limitOf, measurePeak } from '../peak.mjs';
import { additionsOn, QuietWatch } from '../quiet.mjs';
import { formatRow, makeRow } from '../record.mjs';

/** A benchmark that cannot run as asked, in words for the user. */
export class SuiteError extends Error {}

/**
 * Measures workloads and prints their rows.
 *
 * @returns {Promise<object[]>} the rows of a record.
 * @throws {SuiteError} when no workload matches.
 */
export async function measureWorkloads(workloads, engines, { only, quick, seconds, patience, quiet, threads }) {
  const wanted = workloads.filter(({ name }) => only === undefined || new RegExp(only, 'i').test(name));
  if (wanted.length === 0) {
    throw new SuiteError(
      `--only: expected a part of a workload's name, got "${only}"; there are:\n${workloads.map(({ name }) => `  ${name}`).join('\n')}`,
    );
  }
  const limits = {
    seconds: quick ? seconds / 5 : seconds,
    patience: quick ? Math.min(patience, 1) : patience,
    watch: quiet ? new QuietWatch(additionsOn(Math.max(...threads))) : undefined,
    handoff: Math.max(...threads) > 1 ? await Handoff.start() : undefined,
  };
  const rows = [];
  try {
    for (const workload of wanted) rows.push(...(await measureWorkload(workload, engines, limits)));
    return rows;
  } finally {
    await limits.watch?.end();
    await limits.handoff?.end();
  }
}

async function measureWorkload(workload, engines, { seconds, patience, watch, handoff }) {
  const { inputs, check } = workload.load();
  const peak = await measurePeak();
  console.log(`\n${workload.name}: ${formatFlops(workload.flops)}; ${formatPeak(peak)}`);
  const ready = [];
  for (const engine of engines) {
    const expected = engine.secondsOf?.(workload) ?? 0;
    if (expected > patience) {
      console.log(`${engine.name.padEnd(14)} left out: about ${expected.toFixed(1)} s a step`);
      continue;
    }
    const prepared = await engine.prepare(workload, inputs);
    if (prepared === undefined) continue;
    try {
      check(`${workload.name}, ${engine.name} (${engine.variant})`, prepared.answer);
    } catch (error) {
      // A wrong answer of ours ends the benchmark; one of a peer's is told, and its speed is of no interest.
      if (engine.own) throw error;
      console.log(`${engine.name.padEnd(14)} left out, its answer is wrong: ${error.message}`);
      await prepared.dispose?.();
      continue;
    }
    // A step of over ten seconds is timed once.
    ready.push({
      ...prepared,
      engine,
      once: expected > 10 && prepared.once !== undefined ? { times: [prepared.once] } : undefined,
    });
  }
  const alternating = ready.filter(({ once }) => once === undefined);
  const before = handoff?.measure();
  const measured = await alternate(alternating, seconds, watch);
  const trips = handoff && [before, handoff.measure()];
  const results = ready.map((each) => each.once ?? measured[alternating.indexOf(each)]);
  const base = results[0] && median(results[0].times);
  const rows = ready.map(({ engine }, index) =>
    makeRow({ workload, engine, ...results[index], trips, limit: limitOf(workload, engine, peak), base }),
  );
  for (const row of rows) console.log(formatRow(row));
  if (trips)
    console.log(
      `a word from core to core and back: ${trips.map((trip) => trip.toFixed(0)).join(' ns before, ')} ns after`,
    );
  for (const { dispose } of ready) await dispose?.();
  return rows;
}

function formatFlops(flops) {
  return flops < 1e6 ? `${(flops / 1e3).toFixed(1)} kFLOP` : `${(flops / 1e6).toFixed(1)} MFLOP`;
}

function formatPeak({ fma, mulAdd }) {
  return `peak ${fma.toFixed(1)} GFLOP/s fused, ${mulAdd.toFixed(1)} not`;
}
