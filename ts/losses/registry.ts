/** The losses by their names, and as data. */

import { fromFullConfig, type PartConfig, toPart } from '../config';
import {
  categoricalCrossentropy,
  categoricalCrossentropyFromLogits,
  sparseCategoricalCrossentropy,
  sparseCategoricalCrossentropyFromLogits,
} from './crossentropy';
import {
  binaryFocalCrossentropy,
  binaryFocalCrossentropyFromLogits,
  categoricalFocalCrossentropy,
  categoricalFocalCrossentropyFromLogits,
} from './focal';
import { halfSquaredError } from './halfSquaredError';
import type { Loss } from './loss';
import {
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  hinge,
  huber,
  kullbackLeiblerDivergence,
  meanAbsoluteError,
  meanSquaredError,
  squaredHinge,
} from './pointwise';
import { logCosh, meanAbsolutePercentageError, meanSquaredLogarithmicError, poisson } from './regression';
import { categoricalHinge, cosineSimilarity } from './rows';

/** Every loss by its name in options. */
export const losses = {
  halfSquaredError,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  categoricalCrossentropy,
  categoricalCrossentropyFromLogits,
  sparseCategoricalCrossentropy,
  sparseCategoricalCrossentropyFromLogits,
  hinge,
  kullbackLeiblerDivergence,
  squaredHinge,
  categoricalHinge,
  logCosh,
  poisson,
  cosineSimilarity,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  binaryFocalCrossentropy,
  binaryFocalCrossentropyFromLogits,
  categoricalFocalCrossentropy,
  categoricalFocalCrossentropyFromLogits,
} as const;

/** Name of a loss, as in `loss: 'halfSquaredError'`. */
export type LossName = keyof typeof losses;

/** Every loss by Keras's class name. */
const classes = {
  HalfSquaredError: halfSquaredError,
  MeanSquaredError: meanSquaredError,
  MeanAbsoluteError: meanAbsoluteError,
  Huber: huber,
  BinaryCrossentropy: binaryCrossentropy,
  CategoricalCrossentropy: categoricalCrossentropy,
  SparseCategoricalCrossentropy: sparseCategoricalCrossentropy,
  Hinge: hinge,
  KLDivergence: kullbackLeiblerDivergence,
  SquaredHinge: squaredHinge,
  CategoricalHinge: categoricalHinge,
  LogCosh: logCosh,
  Poisson: poisson,
  CosineSimilarity: cosineSimilarity,
  MeanAbsolutePercentageError: meanAbsolutePercentageError,
  MeanSquaredLogarithmicError: meanSquaredLogarithmicError,
  BinaryFocalCrossentropy: binaryFocalCrossentropy,
  CategoricalFocalCrossentropy: categoricalFocalCrossentropy,
};

/** A name, a loss or one as data. @throws {OptionError} when it is none of them. */
export function toLoss(value: LossName | Loss | PartConfig, where: string): Loss {
  return toPart<Loss>(value, `${where}: loss`, {
    names: losses,
    mark: 'emitForward',
    make: (data, what) => fromFullConfig(classes, data, what),
    expected: `${where}: expected loss to be one of ${Object.keys(losses).join(', ')}`,
  });
}
