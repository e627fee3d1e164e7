/** Formats of files. They know bytes, texts and arrays, not layers. */

export {
  type CallbackState,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type SavedCallback,
} from './checkpoint';
export { defaultLimits, type Limits } from './limits';
export {
  type DecodeOptions,
  decodeSafetensors,
  encodeSafetensors,
  type FileTensor,
  type SafetensorsFile,
} from './safetensors';
