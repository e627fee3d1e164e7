/** What `compile` was given, as plain data. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import { optimizerConfig } from '../optimizers/registry';
import type { Compiled } from './compiled';
import type { Head } from './heads';

/** Options of `compile` as plain data: what files hold. */
export interface CompileConfig {
  /** The optimizer with its learning rate of now, or its schedule. */
  readonly optimizer: PartConfig;
  /** The loss; of a model with several outputs those of the outputs that have one, by their names. */
  readonly loss: PartConfig | Readonly<Record<string, PartConfig>>;
  /** Factors of the losses, by the names of their outputs; undefined where all are 1. */
  readonly lossWeights?: Readonly<Record<string, number>>;
  /** The metrics; of a model with several outputs by their names. */
  readonly metrics: readonly PartConfig[] | Readonly<Record<string, readonly PartConfig[]>>;
  /** Whether every kernel's results are searched for NaN and infinity. */
  readonly checkNumerics: boolean;
}

/** @throws {OptionError} when a loss, a metric or a learning rate is the user's own. */
export function describeCompiled({ optimizer, heads, checkNumerics }: Compiled, where: string): CompileConfig {
  const [head] = heads;
  const isOnly = head?.prefix === '';
  const byName = <T>(tellOne: (each: Head) => T): Record<string, T> =>
    Object.fromEntries(heads.map((each) => [each.name, tellOne(each)]));
  const lossOf = ({ loss }: Head): PartConfig => tell(loss, `${where}: loss`);
  const metricsOf = ({ metrics }: Head): PartConfig[] => metrics.map((metric) => tell(metric, `${where}: metrics`));
  return {
    optimizer: optimizerConfig(optimizer, where),
    loss: isOnly ? lossOf(head) : byName(lossOf),
    ...(heads.some(({ weight }) => weight !== 1) && { lossWeights: byName(({ weight }) => weight) }),
    metrics: isOnly ? metricsOf(head) : byName(metricsOf),
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
