/** The report's part about the network for ten digits. */

import type { DigitsResult } from '../digits';
import { percent } from '../format';
import type { Act, Figure, Section } from './page';
import { inkPicture } from './pictures';

/** Right answers that are shown; wrong ones are shown all, up to many. */
const RIGHT = 12;
const WRONG = 60;

/** Course, confusion matrix, wrong answers, the least certain right ones. */
export function digitsAct(result: DigitsResult): Act {
  return {
    name: 'digits',
    title: 'Which digit is it?',
    lead: 'Three convolutions, two poolings and a dense layer, trained on the same handwritten digits with softmax cross-entropy and Adam; every epoch saw each picture turned, scaled, slanted and shifted a little by chance.',
    facts: facts(result),
    curve: result.history,
    sections: [confusionSection(result), wrongSection(result), doubtSection(result)],
  };
}

function facts(result: DigitsResult): (readonly [string, string])[] {
  const { right, total } = result.confusion;
  return [
    ['held-out digits right', `${percent(right / total)} (${right} of ${total})`],
    ['mean loss of held-out digits', result.loss.toFixed(4)],
    ['training / held-out digits', `${result.trainCount} / ${total}`],
    ['time of a step', `${result.millisecondsPerStep.toFixed(2)} ms`],
    ['steps', `${result.steps} of ${result.batchSize}${result.stopped ? ', stopped by Ctrl-C' : ''}`],
    ['parameters, seed', `${result.model.parameterCount}, ${result.options.seed}`],
    ['kernels', result.variant],
  ];
}

function confusionSection({ confusion: { counts, shares } }: DigitsResult): Section {
  return {
    title: 'Confusion matrix',
    text: 'Held-out digits by what they are (rows) and what was answered (columns); last, the share of right answers for each digit.',
    figures: [],
    table: { corner: 'digit', shareName: 'right', counts, shares: shares.map(percent) },
  };
}

function wrongSection(result: DigitsResult): Section {
  const { test, answers, confusion } = result;
  const wrong = indices(test.count).filter((index) => answers[index] !== test.labels[index]);
  const count = confusion.total - confusion.right;
  return {
    title: 'Wrong answers',
    text: `${count} of ${confusion.total}${count > WRONG ? `; the first ${WRONG}` : ''}: what it is, what was answered and with which probability.`,
    figures: wrong.slice(0, WRONG).map((index) => picture(result, index)),
  };
}

/** Those with the smallest probability. */
function doubtSection(result: DigitsResult): Section {
  const { test, answers } = result;
  const right = indices(test.count).filter((index) => answers[index] === test.labels[index]);
  right.sort((a, b) => certainty(result, a) - certainty(result, b));
  return {
    title: 'Right, but with doubt',
    text: `The ${Math.min(RIGHT, right.length)} right answers with the smallest probability.`,
    figures: right.slice(0, RIGHT).map((index) => picture(result, index)),
  };
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Probability of the class that was answered. */
function certainty({ probabilities, answers }: DigitsResult, index: number): number {
  return probabilities[index * 10 + (answers[index] as number)] as number;
}

function picture(result: DigitsResult, index: number): Figure {
  const { test, answers } = result;
  const [label, answer] = [test.labels[index], answers[index]];
  const size = test.height * test.width;
  const values = test.images.subarray(index * size, (index + 1) * size);
  const share = percent(certainty(result, index));
  return {
    image: inkPicture({ values, height: test.height, width: test.width }),
    side: 80,
    caption: label === answer ? `${label}: ${share}` : `${label}, answered ${answer}: ${share}`,
    wrong: label !== answer,
  };
}
