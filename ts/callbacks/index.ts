/** The callbacks. */

export type { Callback, FitParams, Logs, TrainedModel } from './callback';
export * from './csvLogger';
export * from './earlyStopping';
export * from './lambdaCallback';
export * from './learningRate';
export * from './modelCheckpoint';
export type { MonitorOptions } from './monitor';
export * from './progress';
export * from './terminateOnNaN';
