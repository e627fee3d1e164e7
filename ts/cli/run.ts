/** The main job: two networks learn handwritten digits, then the report. */

import { init } from '../index';
import { type DigitsOptions, type DigitsResult, trainDigits } from './digits';
import { prepareReport, writeReport } from './report';
import { type SeedOptions, type SeedResult, trainSeed } from './seed';
import { loadSource } from './source';

/** What the options say. */
export interface RunOptions extends SeedOptions, DigitsOptions {
  readonly only?: 'seed' | 'digits';
  readonly data?: readonly string[];
  readonly report: string | false;
}

/** Trains the seed's network, then the one for ten digits; own data is for the former alone. */
export async function run(options: RunOptions): Promise<void> {
  const source = options.only === 'digits' ? undefined : await loadSource(options.data);
  if (options.report !== false) await prepareReport(options.report);
  const { variant } = await init();
  let [seed, digits]: [SeedResult | undefined, DigitsResult | undefined] = [undefined, undefined];
  try {
    if (source !== undefined) seed = await trainSeed(source, options, variant);
    if (options.only !== 'seed' && options.data === undefined && seed?.stopped !== true) {
      if (seed !== undefined) console.log('');
      digits = await trainDigits(options, variant);
    }
    if (options.report !== false) console.log(`report: ${await writeReport(options.report, seed, digits)}`);
  } finally {
    seed?.model.dispose();
    digits?.model.dispose();
  }
}
