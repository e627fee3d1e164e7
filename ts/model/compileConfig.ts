/** What `compile` was given, as plain data. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import { optimizerConfig } from '../optimizers';
import type { Compiled } from './network';

/** Options of `compile` as plain data: what files hold. */
export interface CompileConfig {
  /** The optimizer with its learning rate of now, or its schedule. */
  readonly optimizer: PartConfig;
  /** The loss. */
  readonly loss: PartConfig;
  /** The metrics. */
  readonly metrics: readonly PartConfig[];
  /** Whether every kernel's results are searched for NaN and infinity. */
  readonly checkNumerics: boolean;
}

/** @throws {OptionError} when a loss, a metric or a learning rate is the user's own. */
export function describeCompiled({ optimizer, loss, metrics, checkNumerics }: Compiled, where: string): CompileConfig {
  return {
    optimizer: optimizerConfig(optimizer, where),
    loss: tell(loss, `${where}: loss`),
    metrics: metrics.map((metric) => tell(metric, `${where}: metrics`)),
    checkNumerics,
  };
}

function tell(part: { readonly name: string } & Partial<PartConfig>, where: string): PartConfig {
  const { name, className, config } = part;
  if (className === undefined || config === undefined) {
    throw new OptionError(`${where}: expected one of the library's, got "${name}"`);
  }
  return { className, config };
}
