/** The options of `compile`, and what they are checked for. */

import type { PartConfig } from '../config';
import type { Compiled } from '../model/compiled';
import { type HeadOptions, readHeads } from '../model/heads';
import type { Network } from '../model/network';
import type { Optimizer } from '../optimizers/optimizer';
import { type OptimizerName, toOptimizer } from '../optimizers/registry';
import { boolean, checkOptions } from '../options';

/** Options of `Model.compile`. */
export interface CompileOptions extends HeadOptions {
  /** How weights follow their gradients: a name or an optimizer. */
  readonly optimizer: OptimizerName | Optimizer | PartConfig;
  /** Searches every kernel's results, and the data, for NaN and infinity. Slow. Default false. */
  readonly checkNumerics?: boolean;
}

/** Checks what `compile` was given. @throws {OptionError | ShapeError} naming what does not fit, and the output. */
export function readCompileOptions({ graph }: Network, options: CompileOptions, where: string): Compiled {
  checkOptions(where, options, ['optimizer', 'loss', 'lossWeights', 'metrics', 'checkNumerics']);
  const heads = readHeads(options, graph.outputs, where);
  return {
    optimizer: toOptimizer(options.optimizer, where),
    heads,
    checkNumerics: boolean(options.checkNumerics ?? false, `${where}: checkNumerics`),
  };
}
