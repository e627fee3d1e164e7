/** Benchmarks: `npm run bench -- --help`. */

import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeRun, writeRecord } from './record.mjs';
import { suites } from './suites/index.mjs';

const positive = (text) => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number > 0');
  return value;
};
const whole = (text) => {
  if (!Number.isInteger(positive(text))) throw new InvalidArgumentError('expected an integer ≥ 1');
  return Number(text);
};
const several = (text, before = []) => [...before, whole(text)];

const program = new Command('bench').description('How fast convgrad is, beside its peers, in one sitting.');

for (const { name, text } of suites) {
  program
    .command(name)
    .description(text)
    .option('--json <file>', 'write the rows to a file')
    .option('--native <python>', 'a Python with tensorflow-cpu or jax, measured in turn with the others')
    .option('--only <pattern>', 'workloads whose name matches the regular expression')
    .option('--engines <pattern>', 'engines whose name matches; convgrad always runs')
    .option('--threads <n...>', 'numbers of threads of convgrad and of native engines', several)
    .option('--quiet', 'measure in moments in which no other machine slows the cores; see bench/quiet.mjs', false)
    .option('--quick', 'a fifth of the time, without engines that take over a second a step', false)
    .addOption(new Option('--seconds <s>', 'time for each engine of a workload').default(1.5).argParser(positive))
    .addOption(
      new Option('--patience <s>', 'leave out engines that take longer for a step').default(10).argParser(positive),
    )
    .action((options) => run(() => suites.find((suite) => suite.name === name).run(options)));
}

program
  .command('mnist')
  .description('train on 7,000 pictures of MNIST, name 1,000 others')
  .option(
    '--data <folder>',
    'where the pictures are',
    fileURLToPath(new URL('../../shared/data/mnist', import.meta.url)),
  )
  .option('--epochs <n>', 'passes over the training pictures', whole, 10)
  .option('--threads <n>', 'number of threads, by default that of the cores', whole)
  .option('--validate', 'hold out the last 1,000 of the training pictures instead: to choose by')
  .option('--json <file>', 'write the row to a file')
  .action((options) =>
    run(async () => {
      const { trainMnist } = await import('./mnist.mjs');
      return { rows: [await trainMnist(options)], json: options.json };
    }),
  );

program
  .command('race')
  .description('ways to do the same work, see bench/races')
  .argument('<name>', 'tiles, relu or winograd')
  .option('--json <file>', 'write the rows to a file')
  .addOption(new Option('--seconds <s>', 'time for each way').default(0.5).argParser(positive))
  .action((name, { json, seconds }) =>
    run(async () => {
      const { runRace } = await import('./races/run.mjs');
      return { json, rows: await runRace(name, seconds) };
    }),
  );

program
  .command('publish')
  .description('write the tables and charts of README.md and docs from the records that they name')
  .argument('[record]', 'a record to name instead, where it has rows of the kind')
  .action(async (record) => {
    const { publish } = await import('./publish/index.mjs');
    try {
      for (const path of publish(record)) console.log(`written: ${path}`);
    } catch (error) {
      tellMistake(error);
    }
  });

await program.parseAsync();

/** Runs a benchmark; what is wrong with its options or its data is one line and exit code 2. */
async function run(benchmark) {
  const about = describeRun();
  console.log(`${about.cpu}, ${about.cores} cores, load ${about.load.toFixed(2)}, Node ${about.node}, V8 ${about.v8}`);
  try {
    const { rows, json, ...more } = await benchmark();
    if (json !== undefined) writeRecord(json, { ...about, ...more }, rows);
  } catch (error) {
    tellMistake(error);
  }
  // Peers keep workers and processes.
  process.exit();
}

function tellMistake(error) {
  const ours = ['MnistError', 'SuiteError', 'RaceError', 'PublishError', 'OptionError'];
  if (!ours.includes(error.constructor.name)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
