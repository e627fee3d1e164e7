/** Writes the HTML report of a run. */

import { access, constants, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionError } from '../../index';
import type { DigitsResult } from '../digits';
import { reasonOf } from '../files';
import type { SeedResult } from '../seed';
import { digitsAct } from './digits';
import { renderPage } from './page';
import { seedAct } from './seed';

/**
 * Makes the folder, before anything is trained that could then not be reported.
 *
 * @throws {OptionError} when it cannot be made or written to.
 */
export async function prepareReport(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new OptionError(`--report: could not write to ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Writes `folder/index.html`, about the networks that were trained. @returns its path. */
export async function writeReport(
  folder: string,
  seed: SeedResult | undefined,
  digits: DigitsResult | undefined,
): Promise<string> {
  const page = renderPage({
    title: 'convgrad: handwritten digits',
    acts: [...(seed === undefined ? [] : [await seedAct(seed)]), ...(digits === undefined ? [] : [digitsAct(digits)])],
    plot: { script: await asset('uPlot.iife.min.js'), style: await asset('uPlot.min.css') },
  });
  const path = join(folder, 'index.html');
  // Written beside and renamed, so that an interrupted run leaves the old report whole.
  await writeFile(`${path}.part`, page);
  await rename(`${path}.part`, path);
  return path;
}

function asset(name: string): Promise<string> {
  return readFile(new URL(`./report/${name}`, import.meta.url), 'utf8');
}
