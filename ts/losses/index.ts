/** The losses. */

export * from './crossentropy';
export * from './focal';
export * from './halfSquaredError';
export type { Loss } from './loss';
export {
  type BinaryCrossentropyOptions,
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  hinge,
  huber,
  kullbackLeiblerDivergence,
  meanAbsoluteError,
  meanSquaredError,
  squaredHinge,
} from './pointwise';
export { type LossName, losses } from './registry';
export * from './regression';
export { categoricalHinge, cosineSimilarity } from './rows';
