/** Losses of numbers that are measured by their ratio, by their logarithm or as counts. */

import type { Loss } from './loss';
import { pointwiseLoss } from './pointwise';

/** Mean of `ln cosh(o − y)`: half the square near 0, the distance less ln 2 far away; stable for any distance. */
export function logCosh(): Loss {
  return pointwiseLoss({ name: 'logCosh', className: 'LogCosh', config: {} }, 8);
}

/** Mean of `o − y·ln(o + 1e-7)`, for counts y and their expected number o > 0. */
export function poisson(): Loss {
  return pointwiseLoss({ name: 'poisson', className: 'Poisson', config: {} }, 9);
}

/** Mean of `100·|y − o| / |y|`, where |y| is kept at least 1e-7. */
export function meanAbsolutePercentageError(): Loss {
  const identity = { name: 'meanAbsolutePercentageError', className: 'MeanAbsolutePercentageError', config: {} };
  return pointwiseLoss(identity, 10);
}

/** Mean of `(ln(1 + o) − ln(1 + y))²`; both are kept at least 1e-7, and an output below has no gradient. */
export function meanSquaredLogarithmicError(): Loss {
  const identity = { name: 'meanSquaredLogarithmicError', className: 'MeanSquaredLogarithmicError', config: {} };
  return pointwiseLoss(identity, 11);
}
