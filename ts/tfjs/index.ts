/** convgrad/tfjs: TensorFlow.js on our kernels. Needs the package @tensorflow/tfjs, which the core does not. */

export { type BackendMemory, ConvgradBackend } from './backend';
export { fromTfjs, toTfjs } from './models';
export { backendName, registerBackend } from './register';
export { type TrainWithArgs, trainWith } from './training';
export { registerWasmTrainingKernels } from './wasm';
