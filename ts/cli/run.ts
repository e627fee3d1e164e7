/** The main job: data, training with a progress bar, the answer, the report. */

import { SingleBar } from 'cli-progress';
import { type LabelledImages, trainTestSplit } from '../data';
import { type Callback, conv2d, dense, flatten, type History, init, type Model, sequential, sgd } from '../index';
import { percent } from './format';
import { writeReport } from './report';
import { loadSource } from './source';

/** What the options say. */
export interface RunOptions {
  readonly filters: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly data?: readonly string[];
  readonly explain?: boolean;
  readonly report: string | false;
}

/** Numbers of a run, for the terminal and the report. */
export interface RunResult {
  readonly source: string;
  readonly options: RunOptions;
  readonly variant: string;
  readonly trainCount: number;
  readonly history: History;
  readonly accuracy: number;
  readonly loss: number;
  readonly baseline: number;
  readonly millisecondsPerStep: number;
  readonly steps: number;
  readonly stopped: boolean;
}

/** Trains the seed's network on a yes/no question about digits: is it odd? */
export async function runSeed(options: RunOptions): Promise<void> {
  const { variant } = await init();
  const source = await loadSource(options.data);
  const { train, test } = trainTestSplit(source.data, 0.2, options.seed);
  console.log(`Is the digit odd? ${source.name}: ${train.count} to train, ${test.count} held out, 22×22 pixels`);
  const model = seedNetwork(options);
  console.log(
    `X [${options.batchSize}×22×22] → conv f [${options.filters}×3×3] → sigmoid → [${400 * options.filters}×${options.batchSize}] → Wᵀ·H1 + b → sigmoid; ${model.parameterCount} parameters; kernels: ${variant}`,
  );
  if (options.explain === true) {
    const first = Math.min(options.batchSize, train.count);
    console.log(`\n${model.explain(train.images.subarray(0, first * 484), question(train).subarray(0, first))}\n`);
  }
  const trained = await trainModel(model, train, test, options);
  const result: RunResult = { ...trained, source: source.name, options, variant, trainCount: train.count };
  printResult(result);
  if (options.report !== false) {
    const path = await writeReport(options.report, model, test, question(test), result);
    console.log(`report: ${path}`);
  }
  model.dispose();
}

/** The seed's network: k filters of 3×3 without bias, sigmoid, one output with bias, sigmoid. */
export function seedNetwork({
  filters,
  learningRate,
  seed,
}: Pick<RunOptions, 'filters' | 'learningRate' | 'seed'>): Model {
  const model = sequential({
    name: 'seed network',
    inputShape: [22, 22, 1],
    seed,
    layers: [
      conv2d({ name: 'f', filters, kernelSize: 3, activation: 'sigmoid', useBias: false }),
      flatten({ name: 'reshape' }),
      dense({ name: 'W', units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'halfSquaredError', metrics: ['accuracy'] });
  return model;
}

/** 1 for odd labels, 0 for even ones. */
export function question({ labels }: LabelledImages): Float32Array {
  return Float32Array.from(labels, (label) => Math.abs(label % 2));
}

async function trainModel(
  model: Model,
  train: LabelledImages,
  test: LabelledImages,
  { batchSize, epochs }: RunOptions,
): Promise<Omit<RunResult, 'source' | 'options' | 'variant' | 'trainCount'>> {
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    model.stopTraining = true;
  };
  process.once('SIGINT', interrupt);
  const progress = progressBar();
  try {
    const history = await model.fit(train.images, question(train), {
      batchSize,
      epochs,
      callbacks: [progress.callback],
    });
    const answers = question(test);
    const { loss = Number.NaN, accuracy = Number.NaN } = await model.evaluate(test.images, answers, { batchSize: 100 });
    const odd = answers.reduce((sum, answer) => sum + answer, 0) / test.count;
    return {
      history,
      accuracy,
      loss,
      baseline: Math.max(odd, 1 - odd),
      millisecondsPerStep: progress.milliseconds() / Math.max(progress.steps(), 1),
      steps: progress.steps(),
      stopped: interrupted,
    };
  } finally {
    progress.stop();
    process.off('SIGINT', interrupt);
  }
}

/** A bar over all steps; on a terminal it moves, elsewhere a few lines are printed. */
function progressBar(): { callback: Callback; stop: () => void; steps: () => number; milliseconds: () => number } {
  let bar: SingleBar | undefined;
  let count = 0;
  let total = 0;
  let start = 0;
  let end = 0;
  let epochs = 0;
  const now = { loss: '', accuracy: '', rate: '' };
  return {
    steps: () => count,
    milliseconds: () => end - start,
    stop: () => bar?.stop(),
    callback: {
      onTrainBegin(_model, params) {
        total = params.steps * params.epochs;
        epochs = params.epochs;
        start = performance.now();
        bar = new SingleBar({
          format: '{bar} {percentage} %  epoch loss {loss}  accuracy {accuracy}  {rate} steps/s  {eta_formatted} left',
          hideCursor: true,
          barsize: 24,
          fps: 10,
        });
        if (process.stdout.isTTY) bar.start(total, 0, now);
      },
      onBatchEnd() {
        count++;
        end = performance.now();
      },
      onEpochEnd(epoch, { loss = 0, accuracy = 0 }) {
        now.loss = loss.toFixed(4);
        now.accuracy = accuracy.toFixed(3);
        now.rate = String(Math.round((count / Math.max(end - start, 1)) * 1000));
        bar?.update(count, now);
        const every = Math.max(1, Math.round(epochs / 10));
        if (!process.stdout.isTTY && ((epoch + 1) % every === 0 || epoch === 0)) {
          console.log(`epoch ${epoch + 1}/${epochs}  loss ${now.loss}  accuracy ${now.accuracy}  ${now.rate} steps/s`);
        }
      },
    },
  };
}

function printResult(result: RunResult): void {
  if (result.stopped) {
    console.log(
      `stopped by Ctrl-C after ${result.history.epoch.length} epochs (${result.steps} steps); what was learned so far:`,
    );
  }
  console.log(
    `held-out digits: ${percent(result.accuracy)} right, mean loss ${result.loss.toFixed(4)} (always the more frequent answer: ${percent(result.baseline)})`,
  );
  console.log(
    `${result.steps} steps of ${result.options.batchSize} samples, ${result.millisecondsPerStep.toFixed(3)} ms each (forward, backward, update)`,
  );
}
