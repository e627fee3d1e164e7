/** Models as data and files. */

export {
  type LayersModelArtifacts,
  type LayersModelOptions,
  modelFromLayersModel,
  modelToLayersModel,
  type WeightSpec as LayersModelWeightSpec,
} from './layersModel';
export { type DecodeModelOptions, decodeModel, type EncodeModelOptions, encodeModel } from './modelFile';
export { type FromJSONOptions, modelFromJSON } from './modelFromJSON';
