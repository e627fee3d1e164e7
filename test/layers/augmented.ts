/** What an augmentation layer makes of images in a training step, to the bit. */

import { dense, flatten, type Layer, type Model, sequential, sgd } from '../../ts';

/**
 * A model behind which the images of a step show: a dense layer of zeros, whose outputs are all 0 and whose gradient, with
 * targets of −1 for each sample's own output, is the images, a column a sample.
 */
export function revealing(layers: readonly Layer[], inputShape: readonly number[], batch: number, seed: number): Model {
  const last = dense({ units: batch, useBias: false, kernelInitializer: 'zeros', name: 'revealing' });
  const model = sequential({ inputShape: [...inputShape], seed, layers: [...layers, flatten(), last] });
  model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
  return model;
}

/** The images of the next training step, sample after sample. */
export function step(model: Model, x: Float32Array, batch: number): Float32Array {
  const targets = Float32Array.from({ length: batch * batch }, (_, index) => (index % (batch + 1) === 0 ? -1 : 0));
  model.trainOnBatch(x, targets);
  const { data } = model.getGradients().find(({ name }) => name === 'revealing/kernel') as { data: Float32Array };
  const size = data.length / batch;
  return Float32Array.from(data, (_, index) => data[(index % size) * batch + Math.floor(index / size)] as number);
}
