/** What is seen of a training while it runs, how long its steps took, and how Ctrl-C ends it. */

import { SingleBar } from 'cli-progress';
import type { Callback, Model } from '../index';

/** A running training. */
export interface Progress {
  /** For every `fit` of the training. */
  readonly callback: Callback;
  /** Steps so far. */
  readonly steps: number;
  /** Mean time of a step, with all that lies between two steps. */
  readonly millisecondsPerStep: number;
  /** Whether Ctrl-C was pressed. */
  readonly interrupted: boolean;
  /** Takes the bar away; Ctrl-C means again what it always means. */
  end(): void;
}

/** A bar over all steps; on a terminal it moves, elsewhere a few lines are printed. The first Ctrl-C stops the model. */
export function startProgress(model: Model, epochs: number, stepsPerEpoch: number): Progress {
  let [steps, interrupted] = [0, false];
  const start = performance.now();
  let end = start;
  const bar = new SingleBar({
    format: '{bar} {percentage} %  epoch loss {loss}  accuracy {accuracy}  {rate} steps/s  {eta_formatted} left',
    hideCursor: true,
    barsize: 24,
    fps: 10,
  });
  const now = { loss: '', accuracy: '', rate: '' };
  const interrupt = (): void => {
    interrupted = true;
    model.stopTraining = true;
  };
  process.once('SIGINT', interrupt);
  if (process.stdout.isTTY) bar.start(epochs * stepsPerEpoch, 0, now);
  const every = Math.max(1, Math.round(epochs / 10));
  return {
    callback: {
      onBatchEnd() {
        steps++;
        end = performance.now();
      },
      onEpochEnd(epoch, { loss = 0, accuracy = 0 }) {
        now.loss = loss.toFixed(4);
        now.accuracy = accuracy.toFixed(3);
        now.rate = String(Math.round((steps / Math.max(end - start, 1)) * 1000));
        bar.update(steps, now);
        if (!process.stdout.isTTY && ((epoch + 1) % every === 0 || epoch === 0)) {
          console.log(`epoch ${epoch + 1}/${epochs}  loss ${now.loss}  accuracy ${now.accuracy}  ${now.rate} steps/s`);
        }
      },
    },
    get steps() {
      return steps;
    },
    get millisecondsPerStep() {
      return (end - start) / Math.max(steps, 1);
    },
    get interrupted() {
      return interrupted;
    },
    end() {
      bar.stop();
      process.off('SIGINT', interrupt);
    },
  };
}
