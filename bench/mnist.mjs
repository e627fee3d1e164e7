/** Trains the convolutional network of the README on MNIST: not how fast a step is, but what it leads to. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adam,
  conv2d,
  dense,
  dropout,
  flatten,
  init,
  maxPool2d,
  oneCycle,
  randomRotation,
  randomTranslation,
  randomZoom,
  sequential,
} from '../dist/index.js';
import { library } from './library.mjs';

const TRAIN = 7000;
const BATCH = 128;
/** Chosen by the last thousand of the 7,000 training pictures; those that are held out had no say. */
const RATE = 0.004;
/** Shares of a full turn, and of the pictures' size. */
const [TURN, ZOOM, SHIFT] = [0.025, 0.1, 0.07];

/** What is missing or wrong, in words for the user. */
export class MnistError extends Error {}

/**
 * Trains on the first 7,000 pictures of `folder` and names the following 1,000.
 *
 * @returns {Promise<object>} a row of a record.
 * @throws {MnistError} when the pictures are not there.
 */
export async function trainMnist({ data: folder, epochs, threads: wanted, validate = false }) {
  const { variant, threads } = await init(wanted === undefined ? {} : { threads: wanted });
  const all = await readPictures(folder);
  const [from, to] = validate ? [TRAIN - 1000, TRAIN] : [TRAIN, TRAIN + 1000];
  const train = part(all, 0, from);
  const test = part(all, from, to);
  const model = network(Math.ceil(train.count / BATCH) * epochs);
  console.log(
    `MNIST: ${train.count} to train, ${test.count} held out; ${model.parameterCount} parameters; ${variant}, ${threads} thread(s)`,
  );
  const start = performance.now();
  const tell = {
    onEpochEnd(epoch, { loss, accuracy }) {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(
        `epoch ${epoch + 1}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ${seconds} s`,
      );
    },
  };
  await model.fit(train.images, train.labels, { batchSize: BATCH, epochs, callbacks: tell });
  const seconds = (performance.now() - start) / 1000;
  const { accuracy } = await model.evaluate(test.images, test.labels, { batchSize: BATCH });
  model.dispose();
  console.log(`held-out digits: ${(accuracy * 100).toFixed(1)} % right after ${seconds.toFixed(1)} s`);
  return { workload: 'mnist', engine: 'convgrad', variant, threads, epochs, seconds, accuracy };
}

function network(totalSteps) {
  const model = sequential({
    inputShape: [28, 28, 1],
    seed: 1,
    layers: [
      randomRotation({ factor: TURN, fillMode: 'constant' }),
      randomZoom({ heightFactor: ZOOM, widthFactor: ZOOM, fillMode: 'constant' }),
      randomTranslation({ heightFactor: SHIFT, widthFactor: SHIFT, fillMode: 'constant' }),
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      flatten(),
      dropout({ rate: 0.3 }),
      dense({ units: 10 }),
    ],
  });
  model.compile({
    optimizer: adam({ learningRate: oneCycle({ maxLearningRate: RATE, totalSteps }) }),
    loss: 'sparseCategoricalCrossentropyFromLogits',
    metrics: ['accuracy'],
  });
  return model;
}

async function readPictures(folder) {
  const read = async (name) => {
    const path = join(folder, name);
    const bytes = await readFile(path).catch(() => {
      throw new MnistError(`no file ${path}; give the folder of mnist8k-*-ubyte.gz with --data`);
    });
    return library.readIdx(bytes, path);
  };
  const images = await read('mnist8k-images-idx3-ubyte.gz');
  const { labels } = await read('mnist8k-labels-idx1-ubyte.gz');
  const all = library.pairUp(images, labels, folder);
  if (all.count < TRAIN + 1000)
    throw new MnistError(`expected ${TRAIN + 1000} pictures in ${folder}, got ${all.count}`);
  return all;
}

function part(all, from, to) {
  return library.selectSamples(
    all,
    Array.from({ length: to - from }, (_, index) => from + index),
  );
}
