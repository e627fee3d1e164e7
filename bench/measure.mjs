/**
 * Time of steps. Engines run in turn, a few milliseconds each, so that a change of the machine's speed meets all of
 * them; medians are compared, not means.
 */

/** Milliseconds of a sample: so long that the clock's grain does not matter. */
const SAMPLE = 5;

/**
 * Measures engines that are ready. One of them has `step()`, and may have `sample(steps)` that answers the milliseconds
 * of a step when it times itself.
 *
 * @param seconds Time for each engine, after half of that for warming up.
 * @returns For each engine the milliseconds of a step, a number for every sample.
 */
export async function alternate(engines, seconds) {
  const runs = [];
  for (const engine of engines) {
    const sample = engine.sample ?? ((steps) => timeSteps(engine.step, steps));
    runs.push({ sample, times: [], ...(await warmUp(sample, seconds * 500)), left: seconds * 1000 });
  }
  while (runs.some(({ left }) => left > 0)) {
    for (const run of runs) {
      if (run.left <= 0) continue;
      const milliseconds = await run.sample(run.steps);
      run.times.push(milliseconds);
      run.left -= milliseconds * run.steps;
    }
  }
  return runs.map(({ times }) => times);
}

/** WebAssembly gets its fast code after many calls. @returns how many steps make a sample. */
async function warmUp(sample, limit) {
  const end = performance.now() + limit;
  let once = await sample(1);
  while (performance.now() < end) once = await sample(1);
  return { steps: Math.max(1, Math.round(SAMPLE / Math.max(once, 1e-4))) };
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
