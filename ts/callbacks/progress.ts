/** What is seen of a training while it runs: in a terminal, in a page. */

import { OptionError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
import type { Callback, FitParams, Logs } from './callback';

/** Where {@link progressBar} draws; Node's standard streams are such. */
export interface ProgressStream {
  /** Takes text. */
  write(text: string): unknown;
  /** Whether it is a terminal, where a line can be drawn over. Default false. */
  readonly isTTY?: boolean;
  /** Characters of a line. Default 80. */
  readonly columns?: number;
}

/** Options of {@link progressBar}. */
export interface ProgressBarOptions {
  /** Default the process's standard error; without a process, lines for `console.log`. */
  readonly stream?: ProgressStream;
  /** Characters of the bar. Default 24. */
  readonly width?: number;
}

/** Milliseconds between two drawings. */
const PAUSE = 100;

/**
 * A line for each epoch: a bar, the time of a step, the numbers. In a terminal it is drawn over about ten times a second,
 * elsewhere it is written when the epoch ends.
 *
 * @throws {OptionError} when an option is unknown or of the wrong type.
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  const where = 'progressBar';
  checkOptions(where, options, ['stream', 'width']);
  const width = positiveInteger(options.width ?? 24, `${where}: width`);
  const stream = options.stream ?? standardError();
  if (typeof stream?.write !== 'function') {
    throw new OptionError(`${where}: stream: expected an object with write, got ${describe(stream)}`);
  }
  let params: FitParams | undefined;
  let title = '';
  let done = 0;
  let begun = 0;
  let drawn = 0;
  const text = (logs: Logs): string => {
    const milliseconds = (performance.now() - begun) / Math.max(done, 1);
    const steps = params?.steps;
    const full = steps === undefined ? 0 : Math.round((Math.min(done / steps, 1) || 0) * width);
    const bar = steps === undefined ? '' : `${'━'.repeat(full)}${'─'.repeat(width - full)} `;
    const count = steps === undefined ? `${done}` : `${done}/${steps}`;
    return [`${title} ${bar}${count}`, `${Number(milliseconds.toPrecision(3))} ms/step`, ...describeLogs(logs)].join(
      ' - ',
    );
  };
  const overdraw = (line: string): void => {
    // A line that wraps could not be drawn over.
    stream.write(`\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  return {
    onTrainBegin(_model, given) {
      params = given;
    },
    onEpochBegin(epoch) {
      title = `Epoch ${epoch + 1}/${params?.epochs ?? '?'}`;
      done = 0;
      begun = performance.now();
      drawn = 0;
    },
    onBatchEnd(batch, logs) {
      done = batch + 1;
      if (stream.isTTY !== true) return;
      const now = performance.now();
      if (now - drawn < PAUSE) return;
      drawn = now;
      overdraw(text(logs));
    },
    onEpochEnd(_epoch, logs) {
      const line = text(logs);
      if (stream.isTTY === true) overdraw(line);
      stream.write(stream.isTTY === true ? '\n' : `${line}\n`);
    },
  };
}

/** An element of a page, or what has these two members. */
export interface ProgressParent {
  /** Makes elements. */
  readonly ownerDocument: { createElement(name: string): unknown };
  /** Takes them. */
  append(...nodes: never[]): void;
}

/**
 * Shows the course of training in an element of a page: a `<progress>` and, as `<output>`, the epoch and its numbers. Both
 * stay when training ends, and serve the next `fit` again.
 *
 * @param parent - What gets the two elements, such as `document.body`.
 * @throws {OptionError} when `parent` is no element.
 */
export function domProgressBar(parent: ProgressParent): Callback {
  if (typeof parent?.append !== 'function' || typeof parent.ownerDocument?.createElement !== 'function') {
    throw new OptionError(`domProgressBar: expected an element of a page, got ${describe(parent)}`);
  }
  const bar = parent.ownerDocument.createElement('progress') as { max: number; value: number };
  const output = parent.ownerDocument.createElement('output') as { textContent: string };
  parent.append(...([bar, output] as never[]));
  let params: FitParams | undefined;
  let current = 0;
  let drawn = 0;
  const draw = (batches: number, logs: Logs): void => {
    // Epochs of unknown length move the bar when they end.
    bar.value = current + (params?.steps === undefined ? 0 : Math.min(batches / params.steps, 1));
    output.textContent = [`Epoch ${current + 1}/${params?.epochs ?? '?'}`, ...describeLogs(logs)].join(' - ');
  };
  return {
    onTrainBegin(_model, given) {
      params = given;
      bar.max = given.epochs;
      bar.value = 0;
    },
    onEpochBegin(epoch) {
      current = epoch;
      drawn = 0;
    },
    onBatchEnd(batch, logs) {
      const now = performance.now();
      if (now - drawn < PAUSE) return;
      drawn = now;
      draw(batch + 1, logs);
    },
    onEpochEnd(epoch, logs) {
      draw(Number.POSITIVE_INFINITY, logs);
      bar.value = epoch + 1;
    },
  };
}

/** `loss: 0.1234`, … */
function describeLogs(logs: Logs): string[] {
  return Object.entries(logs)
    .filter(([name]) => name !== 'batch' && name !== 'size')
    .map(([name, value]) => `${name}: ${Number(value.toPrecision(4))}`);
}

function standardError(): ProgressStream {
  const { process } = globalThis as { process?: { stderr?: ProgressStream } };
  return process?.stderr ?? { write: (line) => console.log(line.trimEnd()) };
}
