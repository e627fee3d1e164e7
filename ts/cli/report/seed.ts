/** The report's part about the seed's network. */

import type { LabelledImages } from '../../data';
import { conv2d, type Model, sequential } from '../../index';
import { percent } from '../format';
import { question, type SeedResult } from '../seed';
import { SIDE } from '../source';
import type { Act, Figure, Section } from './page';
import { heatPicture, inkPicture, signedPicture } from './pictures';

/** Pictures of each kind that are shown. */
const SHOWN = 12;
const MAP = 20;

/** Course, filters, maps, answers. */
export async function seedAct(result: SeedResult): Promise<Act> {
  const { model, test, history } = result;
  const answers = question(test);
  const outputs = (await model.predict(test.images, { batchSize: 100 })).data;
  return {
    name: 'seed',
    title: 'Is the digit odd?',
    lead: `The seed's network with ${result.options.filters} filter(s), trained on ${result.source}.`,
    facts: facts(result, test.count),
    curve: history,
    sections: [
      filterSection(model),
      await mapSection(model, test),
      answerSection('Wrong answers', test, answers, outputs, true),
      answerSection('Right answers', test, answers, outputs, false),
    ],
  };
}

function facts(result: SeedResult, testCount: number): (readonly [string, string])[] {
  const { options } = result;
  return [
    ['held-out digits right', percent(result.accuracy)],
    ['always the more frequent answer', percent(result.baseline)],
    ['training / held-out digits', `${result.trainCount} / ${testCount}`],
    ['time of a step', `${result.millisecondsPerStep.toFixed(3)} ms`],
    ['steps', `${result.steps} of ${options.batchSize}${result.stopped ? ', stopped by Ctrl-C' : ''}`],
    ['learning rate, seed', `${options.learningRate}, ${options.seed}`],
    ['kernels', result.variant],
  ];
}

function filterSection(model: Model): Section {
  const kernel = model.getWeights()[0];
  const filters = kernel?.shape[3] ?? 0;
  const figures = Array.from({ length: filters }, (_, filter): Figure => {
    const values = Array.from({ length: 9 }, (_unused, tap) => kernel?.data[tap * filters + filter] ?? 0);
    const low = Math.min(...values).toFixed(2);
    const high = Math.max(...values).toFixed(2);
    return {
      image: signedPicture({ values, height: 3, width: 3 }),
      side: 96,
      caption: `f${filters > 1 ? filter + 1 : ''}: ${low} … ${high}`,
    };
  });
  return { title: 'Learned filters', text: 'The 3×3 filters f: red positive, blue negative.', figures };
}

/** Maps of the first picture of each digit, from a model that ends after the convolution. */
async function mapSection(model: Model, test: LabelledImages): Promise<Section> {
  const kernel = model.getWeights()[0];
  if (kernel === undefined) throw new RangeError('report: the model has no filter');
  const filters = kernel.shape[3] ?? 1;
  const front = sequential({
    inputShape: [SIDE, SIDE, 1],
    layers: [conv2d({ filters, kernelSize: 3, activation: 'sigmoid', useBias: false })],
  });
  try {
    front.setWeights([kernel]);
    const digits = [...new Set(test.labels)].sort((a, b) => a - b).slice(0, 10);
    const figures: Figure[] = [];
    for (const digit of digits) {
      const index = test.labels.indexOf(digit);
      const picture = test.images.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
      figures.push({
        image: inkPicture({ values: picture, height: SIDE, width: SIDE }),
        side: 66,
        caption: `${digit}`,
      });
      const { data } = await front.predict(picture);
      for (let filter = 0; filter < Math.min(filters, 5); filter++) {
        const values = Float32Array.from({ length: MAP * MAP }, (_, pixel) => data[pixel * filters + filter] as number);
        figures.push({
          image: heatPicture({ values, height: MAP, width: MAP }),
          side: 66,
          caption: `H1${filters > 1 ? `, f${filter + 1}` : ''}`,
        });
      }
    }
    return {
      title: 'What the filters see',
      text: 'A digit, then H1 = sigmoid(conv(X, f)) of each filter, dark low, bright high.',
      figures,
    };
  } finally {
    front.dispose();
  }
}

function answerSection(
  title: string,
  test: LabelledImages,
  answers: Float32Array,
  outputs: Float32Array,
  wrong: boolean,
): Section {
  const figures: Figure[] = [];
  let count = 0;
  for (let index = 0; index < test.count; index++) {
    const output = outputs[index] as number;
    if ((output > 0.5 === (answers[index] as number) > 0.5) === wrong) continue;
    count++;
    if (figures.length >= SHOWN) continue;
    const values = test.images.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE);
    figures.push({
      image: inkPicture({ values, height: SIDE, width: SIDE }),
      side: 66,
      caption: `${test.labels[index]}: O = ${output.toFixed(2)}`,
      wrong,
    });
  }
  return {
    title,
    text: `${count} of ${test.count}${count > SHOWN ? `; the first ${SHOWN}` : ''}. O near 1 means odd.`,
    figures,
  };
}
