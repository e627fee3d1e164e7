/** Networks whose answer is an image. */

import { layer, normalized } from '../described/layers.mjs';

const conv = (name, filters, options = {}, from = undefined) =>
  layer('conv2d', name, { filters, kernelSize: 3, padding: 'same', activation: 'relu', ...options }, from);
const enlarge = (name, filters, options = {}) =>
  layer('conv2dTranspose', name, { filters, kernelSize: 2, strides: 2, padding: 'same', ...options });

/** A U-Net (Ronneberger et al., 2015) of three levels: which pixels belong to the object. */
export const unet = {
  name: 'U-Net',
  input: [96, 96, 3],
  layers: [
    ...twice('down0', 16),
    layer('maxPooling2d', 'pool0', { poolSize: 2, strides: 2 }),
    ...twice('down1', 32),
    layer('maxPooling2d', 'pool1', { poolSize: 2, strides: 2 }),
    ...twice('down2', 64),
    layer('maxPooling2d', 'pool2', { poolSize: 2, strides: 2 }),
    ...twice('bottom', 128),
    ...[2, 1, 0].flatMap((at) => [
      enlarge(`up${at}`, 16 * 2 ** at),
      layer('concatenate', `both${at}`, {}, [`down${at}_b`, `up${at}`]),
      ...twice(`level${at}`, 16 * 2 ** at),
    ]),
    layer('conv2d', 'mask', { filters: 1, kernelSize: 1, activation: 'sigmoid' }),
  ],
};

function twice(name, filters) {
  return [conv(`${name}_a`, filters), conv(`${name}_b`, filters)];
}

/** An autoencoder that shrinks by strides and enlarges by repetition. */
export const autoencoder = {
  name: 'autoencoder',
  input: [28, 28, 1],
  layers: [
    conv('down0', 16, { strides: 2 }),
    conv('down1', 32, { strides: 2 }),
    layer('flatten', 'flatten'),
    layer('dense', 'code', { units: 32 }),
    layer('dense', 'spread', { units: 7 * 7 * 32, activation: 'relu' }),
    layer('reshape', 'image', { targetShape: [7, 7, 32] }),
    layer('upSampling2d', 'up1', { size: [2, 2] }),
    conv('conv1', 32),
    layer('upSampling2d', 'up0', { size: [2, 2] }),
    conv('conv0', 16),
    conv('picture', 1, { activation: 'sigmoid' }),
  ],
};

/** A generator of DCGAN (Radford et al., 2015): images of 32×32 from 64 numbers. */
export const generator = {
  name: 'DCGAN generator',
  input: [64],
  layers: [
    layer('dense', 'spread', { units: 4 * 4 * 128, activation: 'relu' }),
    layer('reshape', 'image', { targetShape: [4, 4, 128] }),
    ...[64, 32].flatMap((filters, at) => [
      enlarge(`up${at}`, filters, { kernelSize: 5, useBias: false }),
      layer('batchNormalization', `up${at}_bn`),
      layer('activation', `up${at}_relu`, { activation: 'relu' }),
    ]),
    enlarge('picture', 3, { kernelSize: 5, activation: 'tanh' }),
  ],
};

/** SRCNN (Dong et al., 2014): sharper images of 64×64. */
export const srcnn = {
  name: 'SRCNN',
  input: [64, 64, 1],
  layers: [
    conv('patches', 64, { kernelSize: 9 }),
    conv('map', 32, { kernelSize: 1 }),
    conv('picture', 1, { kernelSize: 5, activation: 'linear' }),
  ],
};

/** What tells DCGAN's images from others. */
export const critic = {
  name: 'DCGAN critic',
  input: [32, 32, 3],
  layers: [
    ...[64, 128, 256].map((filters, at) =>
      conv(`conv${at}`, filters, { kernelSize: 5, strides: 2, activation: 'leakyRelu' }),
    ),
    layer('flatten', 'flatten'),
    layer('dense', 'real', { units: 1, activation: 'sigmoid' }),
  ],
};

/** pix2pix (Isola et al., 2016) of four levels: an image from an image. */
export const pix2pix = {
  name: 'pix2pix',
  input: [64, 64, 3],
  layers: [
    conv('down0', 32, { kernelSize: 4, strides: 2, activation: 'leakyRelu' }),
    ...[64, 128, 128].flatMap((filters, at) =>
      normalized('conv2d', `down${at + 1}`, { filters, kernelSize: 4, strides: 2 }, 'leakyRelu'),
    ),
    ...[128, 64, 32].flatMap((filters, at) => [
      ...normalized('conv2dTranspose', `up${at}`, { filters, kernelSize: 4, strides: 2 }, 'relu'),
      layer('concatenate', `both${at}`, {}, [`up${at}_relu`, at === 2 ? 'down0' : `down${2 - at}_leakyRelu`]),
    ]),
    enlarge('picture', 3, { kernelSize: 4, activation: 'tanh' }),
  ],
};
