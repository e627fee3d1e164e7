/** The numbers of a training as rows of text. */

import { OptionError } from '../errors';
import { boolean, checkOptions, describe } from '../options';
import type { Callback } from './callback';

/** Options of {@link csvLogger}. */
export interface CsvLoggerOptions {
  /** Gets each line with its line break, such as `(line) => appendFileSync('log.csv', line)`; awaited. */
  readonly write: (line: string) => void | Promise<void>;
  /** Between values. Default `','`. */
  readonly separator?: string;
  /** Whether the lines go on those of a former training, without a head. Default false. */
  readonly append?: boolean;
}

/**
 * Writes the numbers of each epoch as a line of CSV (RFC 4180), under a head with their names, in the order of Keras's
 * CSVLogger: `epoch`, then by name. What a later epoch does not have is `NA`.
 *
 * @throws {OptionError} when an option is unknown or of the wrong type.
 */
export function csvLogger(options: CsvLoggerOptions): Callback {
  const where = 'csvLogger';
  checkOptions(where, options, ['write', 'separator', 'append']);
  const { write, separator = ',' } = options;
  const append = boolean(options.append ?? false, `${where}: append`);
  if (typeof write !== 'function') {
    throw new OptionError(`${where}: expected the option write to be a function, got ${describe(write)}`);
  }
  if (typeof separator !== 'string' || !/^[^"\r\n]$/.test(separator)) {
    throw new OptionError(
      `${where}: separator: expected one character other than " and line breaks, got ${describe(separator)}`,
    );
  }
  const line = (values: readonly (string | number)[]): string => {
    const fields = values.map((value) => {
      const text = String(value);
      return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    });
    return `${fields.join(separator)}\r\n`;
  };
  let names: readonly string[] | undefined;
  return {
    onTrainBegin() {
      names = undefined;
    },
    async onEpochEnd(epoch, logs) {
      if (names === undefined) {
        names = Object.keys(logs).sort();
        if (!append) await write(line(['epoch', ...names]));
      }
      await write(line([epoch, ...names.map((name) => logs[name] ?? 'NA')]));
    },
  };
}
