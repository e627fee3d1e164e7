/** convgrad: train convolutional networks on the CPU, in Node and in browsers. */

export * from './callbacks';
export type { PartConfig } from './config';
export {
  type Constraint,
  maxNorm,
  nonNeg,
} from './constraints';
export * from './errors';
export * from './initializers';
export * from './io';
export * as kernels from './kernels';
export * from './layers';
export * from './losses';
export * from './metrics';
export type { CompileConfig } from './model/compileConfig';
export type { Equation, Explanation, Factor } from './model/explain';
export type { MemoryForecast } from './model/forecast';
export type { HeadOptions, LossLike } from './model/heads';
export type { LossMetric, MetricLike } from './model/lossMetric';
export type { ModelLayer, ModelPart, NestedLayer } from './model/modelLayer';
export type { LayerLike, ModelAsLayer } from './model/nested';
export type { NamedTensor } from './model/network';
export type { PerOutput } from './model/perOutput';
export type { SummaryOptions } from './model/summary';
export { type AppliedModel, apply, input, type SymbolicTensor } from './model/symbolic';
export * from './optimizers';
export type { PlanReport, PlanReportCall } from './plan/report';
export { l1, l1l2, l2, type Regularizer } from './regularizers';
export type { SimdMode, Variant } from './runtime/detect';
export type { ConvolutionOptions, Padding, Pair } from './runtime/geometry';
// getEngine is for the package's other entries, which share the engine and its threads.
export { type EngineInfo, getEngine, type InitOptions, init } from './runtime/init';
export * from './saving';
export type { Shape } from './shape';
export type { NestedNumbers, Predicted, Tensor, TensorLike } from './tensor';
export type { YieldEvery } from './train/breathe';
export type { Batch, Dataset } from './train/dataset';
export type { MemoryForecastOptions, PlanOptions } from './train/forecast';
export { type FunctionalOptions, functional } from './train/functional';
export type { History } from './train/history';
export type {
  BatchOptions,
  CompileOptions,
  EvaluateDatasetOptions,
  EvaluateOptions,
  TrainingState,
} from './train/model';
export { type AnyModel, Model } from './train/model';
export type { TrainOnBatchOptions } from './train/onBatch';
export type { Profile, ProfileCall } from './train/profile';
export type { ModelInputs } from './train/samples';
export { type SequentialOptions, sequential } from './train/sequential';
export type { CommonFitOptions, FitDatasetOptions, FitOptions } from './train/settings';
export type { ModelTargets, SampleWeights, WeightOptions } from './train/targets';
