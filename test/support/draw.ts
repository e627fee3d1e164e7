/** How much random tests draw. Every run of the tests draws the same, so that it fails for whoever looks next, too. */

/** For another search: CONVGRAD_RUNS times as many, beginning at CONVGRAD_SEED. */
export function draw(numRuns: number, seed: number): { numRuns: number; seed: number } {
  const { CONVGRAD_RUNS: times = 1, CONVGRAD_SEED: other = seed } = process.env;
  return { numRuns: numRuns * Number(times), seed: Number(other) };
}
