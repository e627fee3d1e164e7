/** The confusion matrix of the command line. */

import { expect, test } from 'vitest';
import { countAnswers, formatConfusion } from '../../ts/cli/confusion';

test('rows are what it is, columns what was answered', () => {
  const confusion = countAnswers([0, 0, 0, 1, 2], [0, 2, 2, 1, 1], 3);
  expect(confusion.counts).toEqual([
    [1, 0, 2],
    [0, 1, 0],
    [0, 1, 0],
  ]);
  expect([confusion.right, confusion.total]).toEqual([2, 5]);
  expect(confusion.shares.map((share) => Math.round(share * 1000))).toEqual([333, 1000, 0]);
  expect(formatConfusion(confusion).split('\n')).toEqual([
    '  digit   answered     0    1    2     right',
    '  0                    1    ·    2    33.3 %',
    '  1                    ·    1    ·   100.0 %',
    '  2                    ·    1    ·     0.0 %',
  ]);
});
