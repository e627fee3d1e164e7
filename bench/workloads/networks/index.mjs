/**
 * Well-known networks, small: a training step with Adam, and the prediction of one image. Weights and samples are the same
 * in every run; the answers are compared with TensorFlow's, in answers.json, which bench/native/answers.mjs wrote.
 */

import { readFileSync } from 'node:fs';
import { assertClose } from '../check.mjs';
import { count, flopsOf, forwardFlopsOf, layersOf, oneHot, samplesOf, weightsOf } from '../described/sizes.mjs';
import { numbers } from '../numbers.mjs';
import { deeplab, inception, mobilenet3, yolo } from './branches.mjs';
import { alexnet, lenet, perceptron, squeezenet, vgg } from './classic.mjs';
import { mixer, resnet50, xception } from './deep.mjs';
import { autoencoder, critic, generator, pix2pix, srcnn, unet } from './images.mjs';
import { alphazero, dqn } from './plays.mjs';
import { convmixer, convnext, densenet, efficientnet, mobilenet, resnet20 } from './residual.mjs';
import { eegnet, heartbeats, inceptiontime, keywords, pointnet, res8, signals, temporal, wavenet } from './signals.mjs';

/** Samples of a training step. */
const batches = [
  [lenet, 32],
  [perceptron, 128],
  [alexnet, 8],
  [vgg, 16],
  [squeezenet, 8],
  [signals, 32],
  [resnet20, 16],
  [mobilenet, 8],
  [densenet, 16],
  [efficientnet, 8],
  [convnext, 8],
  [convmixer, 16],
  [unet, 2],
  [autoencoder, 64],
  [generator, 16],
  [srcnn, 4],
  [inception, 16],
  [yolo, 4],
  [temporal, 16],
  [deeplab, 4],
  [mobilenet3, 8],
  [keywords, 64],
  [res8, 16],
  [eegnet, 16],
  [wavenet, 4],
  [pointnet, 8],
  [dqn, 32],
  [alphazero, 16],
  [critic, 32],
  [pix2pix, 4],
  [resnet50, 8],
  [xception, 8],
  [mixer, 16],
  [inceptiontime, 32],
  [heartbeats, 16],
];
const file = new URL('./answers.json', import.meta.url);
const answers = JSON.parse(readFileSync(file, 'utf8'));
const RATE = 0.0001;

/** `step`: the answer are the losses of the first two steps. */
function step(model, batch) {
  const name = `${model.name} step, batch ${batch}`;
  return {
    ...described(name, model, batch),
    kind: 'network step',
    loss: isClassifier(model) ? 'categoricalCrossentropy' : 'meanSquaredError',
    rate: RATE,
    flops: batch * flopsOf(model),
    load: () => ({
      inputs: { x: samplesOf(model, batch), y: targets(model, batch), ...weightsOf(model) },
      check: (who, answer) => assertClose(who, answer, answers[name], 1e-3),
    }),
  };
}

/** `predict` of one image, copied in and out; the answer are the outputs, of pictures every hundredth. */
function predict(model) {
  const name = `${model.name} predict, one image`;
  return {
    ...described(name, model, 1),
    kind: 'network predict',
    flops: forwardFlopsOf(model),
    load: () => ({
      inputs: { x: samplesOf(model, 1), ...weightsOf(model) },
      check: (who, answer) => assertClose(who, thinned(answer), answers[name], 1e-3),
    }),
  };
}

/** What is kept of an answer: all of a few numbers, else every hundredth. */
export function thinned(answer) {
  return answer.length <= 100 ? answer : Array.from(answer).filter((_, index) => index % 100 === 0);
}

function described(name, model, batch) {
  return { name, group: 'networks', model, batch, output: layersOf(model).at(-1).shape };
}

function isClassifier(model) {
  return layersOf(model).at(-1).layer.options.activation === 'softmax';
}

/** A class for each sample, or a picture. */
function targets(model, batch) {
  const width = count(layersOf(model).at(-1).shape);
  return isClassifier(model) ? oneHot(batch, width) : numbers(99, batch * width).map((value) => (value + 1) / 2);
}

/** A step and a prediction of each. */
export function networkWorkloads() {
  return [...batches.map(([model, batch]) => step(model, batch)), ...batches.map(([model]) => predict(model))];
}
