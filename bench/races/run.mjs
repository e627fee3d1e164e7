/** Runs a race: `npm run bench -- race NAME`. */

import { alternate, median } from '../measure.mjs';
import { relu } from './relu.mjs';
import { tiles } from './tiles.mjs';

const races = { tiles, relu };

/** A race that there is not, in words for the user. */
export class RaceError extends Error {}

/**
 * Measures the ways of a race in turn and prints them, the fastest first.
 *
 * @returns {Promise<object[]>} rows `{ race, way, median_ms, min_ms, max_ms, gflops }`.
 * @throws {RaceError} when there is no such race, or ways answer differently.
 */
export async function runRace(name, seconds) {
  const make = races[name];
  if (make === undefined) throw new RaceError(`race: expected one of ${Object.keys(races).join(', ')}, got "${name}"`);
  const { title, ways } = make();
  for (const way of ways) {
    if (way.answer.some((value, index) => value !== ways[0].answer[index])) {
      throw new RaceError(`race ${name}: ${way.name} does not answer what ${ways[0].name} does`);
    }
  }
  const times = (await alternate(ways, seconds)).map((way) => way.times);
  const rows = ways.map((way, index) => ({
    race: name,
    way: way.name,
    median_ms: median(times[index]),
    min_ms: Math.min(...times[index]),
    max_ms: Math.max(...times[index]),
    gflops: way.flops / median(times[index]) / 1e6,
  }));
  rows.sort((a, b) => b.gflops - a.gflops);
  console.log(`\n${title}`);
  for (const row of rows) {
    console.log(
      `${row.way.padEnd(24)} ${row.gflops.toFixed(2).padStart(7)} GFLOP/s  ${(row.median_ms * 1000).toFixed(3).padStart(9)} µs`,
    );
  }
  return rows;
}
