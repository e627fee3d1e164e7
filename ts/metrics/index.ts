/** The metrics. */

export * from './accuracy';
export * from './auc';
export * from './confusionMatrix';
export * from './decisions';
export * from './meanIoU';
export type { Metric, MetricCounter } from './metric';
export { type MetricName, metrics } from './registry';
export * from './regression';
export * from './topK';
