/** Runs a race: `npm run bench -- race NAME`. */

import { alternate, median } from '../measure.mjs';
import { relu } from './relu.mjs';
import { tiles } from './tiles.mjs';
import { winograd } from './winograd.mjs';

/** A race of each name, or many, in which one way is that which the library has chosen. */
const races = { tiles, relu, winograd };

/** A race that there is not, in words for the user. */
export class RaceError extends Error {}

/**
 * Measures the ways of a race in turn and prints them, the fastest first; of many a line each, and what the chosen ways take of the fastest.
 *
 * @returns {Promise<object[]>} rows `{ race, way, median_ms, min_ms, max_ms, gflops }`; of many also `title` and whether it is `chosen`.
 * @throws {RaceError} when there is no such race, or ways answer differently.
 */
export async function runRace(name, seconds) {
  const make = races[name];
  if (make === undefined) throw new RaceError(`race: expected one of ${Object.keys(races).join(', ')}, got "${name}"`);
  const made = make();
  if ('ways' in made) return print(made.title, await measure(name, made, seconds));
  const rows = [];
  const losses = [];
  for await (const race of made) {
    const measured = await measure(name, race, seconds);
    const taken = measured.find(({ way }) => way === race.chosen);
    losses.push(taken.median_ms / measured[0].median_ms);
    const times = measured.map((row) => `${row.way === race.chosen ? '*' : ''}${row.way} ${microseconds(row)}`);
    console.log(`${race.title.padEnd(52)} ${times.join(', ')}`);
    rows.push(...measured.map((row) => ({ ...row, title: race.title, chosen: row === taken })));
  }
  const mean = Math.exp(losses.reduce((sum, loss) => sum + Math.log(loss), 0) / losses.length);
  const most = Math.max(...losses);
  console.log(`* is chosen: it takes ${mean.toFixed(3)} of the fastest way's time, ${most.toFixed(2)} at most`);
  return rows;
}

/** Rows of the ways, the fastest first. */
async function measure(name, { title, ways, tolerance = 0 }, seconds) {
  for (const way of ways) {
    if (way.answer.some((value, index) => !(Math.abs(value - ways[0].answer[index]) <= tolerance))) {
      throw new RaceError(`race ${name}, ${title}: ${way.name} does not answer what ${ways[0].name} does`);
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
  return rows.sort((a, b) => b.gflops - a.gflops);
}

function print(title, rows) {
  console.log(`\n${title}`);
  for (const row of rows) {
    console.log(
      `${row.way.padEnd(24)} ${row.gflops.toFixed(2).padStart(7)} GFLOP/s  ${microseconds(row).padStart(12)}`,
    );
  }
  return rows;
}

const microseconds = ({ median_ms }) => `${(median_ms * 1000).toFixed(3)} µs`;
