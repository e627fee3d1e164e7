/** What `compile` was given, checked. */

import type { Optimizer } from '../optimizers/optimizer';
import type { Head } from './heads';

/** How a model is trained. */
export interface Compiled {
  /** The optimizer. */
  readonly optimizer: Optimizer;
  /** The outputs that have a loss, at least one. */
  readonly heads: readonly Head[];
  /** Whether every kernel's results are searched for NaN and infinity. */
  readonly checkNumerics: boolean;
}
