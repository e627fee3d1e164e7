/** Models across: a tf.LayersModel becomes one of ours and back. Weights go along, how it is trained does not. */

import * as tf from '@tensorflow/tfjs';
import {
  type AnyModel,
  type LayersModelArtifacts,
  type Model,
  modelFromLayersModel,
  modelToLayersModel,
  type Predicted,
  type Tensor,
} from '../index';

/**
 * Our model of a tf.LayersModel: the same layers and weights, not compiled. The caller disposes of it.
 *
 * @typeParam Prediction - `Tensor[]` for a model with several outputs.
 * @throws {OptionError | ShapeError} naming the layer that has a class or an option that this library does not have.
 */
export async function fromTfjs<Prediction extends Predicted = Tensor>(
  layersModel: tf.LayersModel,
): Promise<Model<Prediction>> {
  return modelFromLayersModel(await artifactsOf(layersModel), { name: 'fromTfjs' });
}

/** A tf.LayersModel as data. */
export async function artifactsOf(layersModel: tf.LayersModel): Promise<LayersModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await layersModel.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts as LayersModelArtifacts;
}

/**
 * The tf.LayersModel of our model: the same layers and weights, not compiled, on the backend that is set.
 *
 * @throws {OptionError} naming the layer or the option that TensorFlow.js does not have.
 */
export function toTfjs(model: AnyModel): Promise<tf.LayersModel> {
  return tf.loadLayersModel(tf.io.fromMemory(modelToLayersModel(model) as tf.io.ModelArtifacts));
}
