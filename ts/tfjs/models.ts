/** Models across: a tf.LayersModel becomes one of ours and back. Weights go along, how it is trained does not. */

import * as tf from '@tensorflow/tfjs';
import { type LayersModelArtifacts, type Model, modelFromLayersModel, modelToLayersModel } from '../index';

/**
 * Our model of a tf.LayersModel: the same layers and weights, not compiled. The caller disposes of it.
 *
 * @throws {OptionError | ShapeError} naming the layer that has a class or an option that this library does not have.
 */
export async function fromTfjs(layersModel: tf.LayersModel): Promise<Model> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await layersModel.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return modelFromLayersModel(artifacts as LayersModelArtifacts, { name: 'fromTfjs' });
}

/**
 * The tf.LayersModel of our model: the same layers and weights, not compiled, on the backend that is set.
 *
 * @throws {OptionError} naming the layer or the option that TensorFlow.js does not have.
 */
export function toTfjs(model: Model): Promise<tf.LayersModel> {
  return tf.loadLayersModel(tf.io.fromMemory(modelToLayersModel(model) as tf.io.ModelArtifacts));
}
