/** What was answered for each class. */

import { percent } from './format';

/** Rows are true classes, columns answers. */
export interface Confusion {
  /** `counts[label][answer]`. */
  readonly counts: readonly (readonly number[])[];
  /** Share of right answers of each class; NaN where it has no sample. */
  readonly shares: readonly number[];
  /** Number of right answers. */
  readonly right: number;
  /** Number of all answers. */
  readonly total: number;
}

/** Counts answers, which are classes as labels are. */
export function countAnswers(labels: ArrayLike<number>, answers: ArrayLike<number>, classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let right = 0;
  for (let index = 0; index < labels.length; index++) {
    const [label, answer] = [labels[index] as number, answers[index] as number];
    const row = counts[label] as number[];
    row[answer] = (row[answer] as number) + 1;
    if (label === answer) right++;
  }
  const shares = counts.map((row, label) => (row[label] as number) / row.reduce((sum, count) => sum + count, 0));
  return { counts, shares, right, total: labels.length };
}

/** A table for the terminal; a dot stands for zero, so that mistakes are seen. */
export function formatConfusion({ counts, shares }: Confusion): string {
  const cell = (text: string): string => text.padStart(5);
  const head = `  digit   answered ${counts.map((_, answer) => cell(String(answer))).join('')}     right`;
  const rows = counts.map((row, label) => {
    const cells = row.map((count) => cell(count === 0 ? '·' : String(count))).join('');
    return `  ${String(label).padEnd(16)} ${cells}   ${percent(shares[label] as number).padStart(7)}`;
  });
  return [head, ...rows].join('\n');
}
