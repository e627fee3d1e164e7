/** What Keras's callbacks decided: test/reference/callbacks.json. */

import { readFileSync } from 'node:fs';

/** A callback's options, the numbers it saw, and what it did. */
interface Case {
  readonly options: Record<string, unknown>;
  readonly values: readonly number[];
}

/** The file of test/reference/callbacks.py. */
export const keras = JSON.parse(readFileSync(new URL('../reference/callbacks.json', import.meta.url), 'utf8')) as {
  earlyStopping: readonly (Case & { epochs: number; weights: number })[];
  reduceLROnPlateau: readonly (Case & { rates: readonly (readonly [number, number])[] })[];
  modelCheckpoint: readonly (Case & { steps: number; saved: readonly (readonly number[])[] })[];
  training: Record<
    'scheduler' | 'plateau' | 'csv',
    { history: Record<string, number[]>; weights: number[]; head?: string }
  >;
};
