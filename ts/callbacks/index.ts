/** The callbacks. */

export type { Callback, FitParams, Logs, TrainedModel } from './callback';
export * from './earlyStopping';
export * from './terminateOnNaN';
