/** The optimizers. */

export * from './adam';
export type { CommonOptions } from './make';
export type { Optimizer } from './optimizer';
export * from './others';
export { type OptimizerName, optimizers } from './registry';
export {
  constantSchedule,
  cosineDecay,
  exponentialDecay,
  type LearningRateSchedule,
  oneCycle,
  piecewiseConstantDecay,
} from './schedules';
export * from './sgd';
