/** Models as data and files. */

export { type DecodeModelOptions, decodeModel, type EncodeModelOptions, encodeModel } from './modelFile';
export { type FromJSONOptions, modelFromJSON } from './modelFromJSON';
