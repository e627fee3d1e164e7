/** The command line: trains two networks on handwritten digits and reports what they learned. */

import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConvgradError, OptionError } from '../index';
import { type RunOptions, run } from './run';

/** Exit codes: 0 done, 2 wrong options or data, 1 everything else. */
const WRONG_INPUT = 2;

function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`expected an integer from ${low} to ${high}`);
    }
    return value;
  };
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('expected a number > 0');
  return value;
}

function version(): string {
  const packageFile = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}

const program = new Command('convgrad')
  .description(
    "Trains the seed's network (3×3 convolution, sigmoid, one output) to say whether a handwritten digit is odd, then a network with three convolutions to say which digit it is.",
  )
  .version(version())
  .addOption(new Option('--only <network>', 'train one of the two').choices(['seed', 'digits']))
  .option('--seed <n>', 'start of all random numbers', integer(0, Number.MAX_SAFE_INTEGER), 1)
  .option('--report <folder>', 'where the HTML report goes', 'reports')
  .addOption(new Option('--no-report', 'write no HTML report'))
  .optionsGroup("The seed's network:")
  .option('--filters <k>', 'number of 3×3 filters', integer(1, 64), 3)
  .option('--batch-size <n>', 'samples of a step', integer(1, 100_000), 100)
  .option('--epochs <n>', 'passes over the training samples', integer(1, 1_000_000), 200)
  .option('--learning-rate <rate>', 'step width for the loss summed over a batch', positiveNumber, 0.005)
  .option('--explain', 'tell the first step in matrix form')
  .option(
    '--data <path...>',
    'own digits: IDX pictures and IDX labels (gzip or not), or one CSV file; only this network',
  )
  .optionsGroup('The network for ten digits:')
  .option('--digits-epochs <n>', 'passes over the training samples', integer(1, 1_000_000), 30)
  .exitOverride()
  .allowExcessArguments(false)
  .configureOutput({ outputError: (text, print) => print(`convgrad: ${text.replace(/^error: /, '')}`) });

/** An option of a network that is not trained is a mistake. */
function refuseUseless({ only, data }: RunOptions): void {
  const ofSeed = ['filters', 'batchSize', 'epochs', 'learningRate', 'explain', 'data'];
  const [useless, why] =
    only === 'digits' ? [ofSeed, '--only digits'] : [['digitsEpochs'], data !== undefined ? '--data' : '--only seed'];
  if (only === undefined && data === undefined) return;
  for (const name of useless) {
    if (program.getOptionValueSource(name) !== 'cli') continue;
    const flag = program.options.find((option) => option.attributeName() === name)?.long;
    throw new OptionError(`${flag}: expected no option of a network that is not trained, got it with ${why}`);
  }
}

try {
  program.parse();
  const options = program.opts<RunOptions>();
  refuseUseless(options);
  await run(options);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_INPUT;
  } else if (error instanceof ConvgradError) {
    console.error(`convgrad: ${error.message}`);
    process.exitCode = ['E_FORMAT', 'E_OPTION', 'E_SHAPE', 'E_VALUE', 'E_LIMIT'].includes(error.code) ? WRONG_INPUT : 1;
  } else {
    throw error;
  }
}
