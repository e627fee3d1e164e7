/**
 * Models as the official examples of TensorFlow.js have them, trained by a call of `fit`: a description of layers that
 * engines build with their own API, deterministic weights, and losses of TensorFlow.js's own backend for the check.
 */

import { assertClose } from '../check.mjs';
import { flopsOf, oneHot, samplesOf, weightsOf } from '../described/sizes.mjs';
import { mnistConvnet, smallResnet, transferHead } from './models.mjs';
import { settleAverages } from './settle.mjs';

/** Epochs of a call of `fit`, and steps of each. */
const FIT = { epochs: 5, steps: 2 };

/**
 * Mean losses of the first epoch, thus of the first two steps, by `model.fit` of TensorFlow.js 4.22 on its backend `cpu`.
 * The second step's depends on all gradients of the first.
 */
const LOSSES = { 'mnist-convnet': 3.6830058, 'transfer head': 1.4062334, 'small ResNet': 2.6949363 };

const momentum = (rate) => ({ name: 'momentum', rate });
const adam = (rate) => ({ name: 'adam', rate });

function example(title, model, batch, classes, optimizer) {
  const steps = FIT.epochs * FIT.steps;
  return {
    ...FIT,
    name: `${title} fit, ${steps} steps of ${batch}`,
    group: 'examples',
    kind: 'example fit',
    batch,
    classes,
    model,
    optimizer,
    flops: steps * batch * flopsOf(model),
    load() {
      const [weights, x, y] = [weightsOf(model), samplesOf(model, batch), oneHot(batch, classes)];
      settleAverages(model, weights, x, batch);
      return {
        // Each step takes the same samples.
        inputs: { x: repeat(x, FIT.steps), y: repeat(y, FIT.steps), ...weights },
        check: (who, answer) => assertClose(who, answer, [LOSSES[title]], 1e-3),
      };
    },
  };
}

function repeat(values, times) {
  const all = new Float32Array(times * values.length);
  for (let index = 0; index < times; index++) all.set(values, index * values.length);
  return all;
}

/** The three; the answer is the first epoch's loss. */
export function exampleFits() {
  return [
    example('mnist-convnet', mnistConvnet, 128, 10, adam(0.001)),
    example('transfer head', transferHead, 32, 4, adam(0.0001)),
    example('small ResNet', smallResnet, 32, 10, momentum(0.1)),
  ];
}
