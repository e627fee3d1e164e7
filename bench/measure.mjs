/**
 * Time of steps. Engines run in turn, a few milliseconds each, so that a change of the machine's speed meets all of
 * them; medians are compared, not means.
 */

/** Milliseconds of a sample: so long that the clock's grain does not matter; and of one for which quiet must last. */
const SAMPLE = 5;
const QUIET_SAMPLE = 2;
/** Milliseconds of warming up where a few samples in quiet moments are all that is taken. */
const WARM = 1000;

/**
 * Measures engines that are ready. One of them has `step()`, and may have `sample(steps)` that answers the milliseconds
 * of a step when it times itself.
 *
 * @param seconds Time for each engine, after half of that for warming up, or a second when moments are chosen.
 * @param watch A QuietWatch that chooses the moments, or undefined for all of them.
 * @returns For each engine `times`, the milliseconds of a step for every sample; and, with a watch, how `quiet` it was.
 */
export async function alternate(engines, seconds, watch) {
  const runs = [];
  for (const engine of engines) {
    const sample = engine.sample ?? ((steps) => timeSteps(engine.step, steps));
    const once = await warmUp(sample, watch ? WARM : seconds * 500);
    const steps = Math.max(1, Math.round((watch ? QUIET_SAMPLE : SAMPLE) / Math.max(once, 1e-4)));
    runs.push({ sample, steps, times: [], quiet: [], left: seconds * 1000 });
  }
  while (runs.some(({ left }) => left > 0)) {
    for (const run of runs) {
      if (run.left <= 0) continue;
      const take = () => run.sample(run.steps);
      const { milliseconds, quiet } = watch ? await watch.sample(take) : { milliseconds: await take() };
      run.times.push(milliseconds);
      if (watch) run.quiet.push(quiet);
      run.left -= milliseconds * run.steps;
    }
  }
  return runs.map(({ times, quiet }) => ({ times, quiet: watch && median(quiet) }));
}

/** WebAssembly gets its fast code after many calls. @returns the milliseconds of a step. */
async function warmUp(sample, limit) {
  const end = performance.now() + limit;
  let once = await sample(1);
  while (performance.now() < end) once = await sample(1);
  return once;
}

/** Milliseconds of a step, synchronous or not. */
async function timeSteps(step, steps) {
  const start = performance.now();
  const first = step();
  if (first instanceof Promise) {
    await first;
    for (let index = 1; index < steps; index++) await step();
  } else {
    for (let index = 1; index < steps; index++) step();
  }
  return (performance.now() - start) / steps;
}

/** The middle one of the sorted numbers. */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
