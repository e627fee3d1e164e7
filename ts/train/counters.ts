/** Running losses and metrics over the batches of an epoch or an evaluation. */

import type { Logs } from '../callbacks/callback';
import type { MetricCounter } from '../metrics/metric';
import type { Compiled } from '../model/compiled';
import type { Head } from '../model/heads';
import { lossOf } from '../model/lossMetric';
import type { Network } from '../model/network';
import type { Step } from '../model/store';
import type { Buffer } from '../plan/buffer';

/** A loss that is told beside the one that is minimized: of one of several outputs, or a metric that is a loss. */
interface CountedLoss {
  readonly name: string;
  readonly isSum: boolean;
  readonly buffer: (step: Step) => Buffer;
}

/** A metric of an output. */
interface CountedMetric {
  readonly name: string;
  readonly counter: MetricCounter;
  readonly output: number;
  readonly head: number;
}

/**
 * Loss for one sample and metrics, over everything counted since {@link Counters.reset}. Names are Keras's: `loss`, and with
 * several outputs `NAME_loss` for each, without its factor, and their metrics as `NAME_accuracy`.
 */
export class Counters {
  readonly #heads: readonly Head[];
  readonly #metrics: readonly CountedMetric[];
  readonly #losses: readonly CountedLoss[];
  /** Of each of {@link #losses}, the sum over the samples. */
  readonly #lossSums: Float64Array;
  readonly #isSum: boolean;
  #loss = 0;
  #samples = 0;

  constructor({ heads }: Compiled, where: string) {
    this.#heads = heads;
    this.#isSum = heads.every(({ loss }) => loss.reduction === 'sum');
    this.#metrics = heads.flatMap(({ metrics, prefix, output, outputShape, targetShape }, head) =>
      metrics.flatMap((metric): CountedMetric[] => {
        if ('loss' in metric) return [];
        const counter = metric.counter(outputShape, targetShape, where);
        return [{ name: prefix + metric.name, counter, output, head }];
      }),
    );
    const own = heads.length === 1 ? [] : heads;
    this.#losses = [
      ...own.map(({ loss, prefix }, head): CountedLoss => {
        const buffer = (step: Step): Buffer => (step.heads[head] as Step['heads'][number]).loss;
        return { name: `${prefix}loss`, isSum: loss.reduction === 'sum', buffer };
      }),
      ...heads.flatMap(({ metrics, prefix }, head) =>
        metrics
          .map(lossOf)
          .filter((loss) => loss !== undefined)
          .map(({ name, reduction }, index): CountedLoss => {
            const buffer = (step: Step): Buffer => step.heads[head]?.lossMetrics[index] as Buffer;
            return { name: prefix + name, isSum: reduction === 'sum', buffer };
          }),
      ),
    ];
    this.#lossSums = new Float64Array(this.#losses.length);
  }

  /** Forgets everything. */
  reset(): void {
    this.#loss = 0;
    this.#samples = 0;
    this.#lossSums.fill(0);
    for (const { counter } of this.#metrics) counter.reset();
  }

  /** What has been counted, for a checkpoint. */
  state(): (readonly number[])[] {
    return [
      [this.#loss, this.#samples],
      [...this.#lossSums],
      ...this.#metrics.map(({ counter }) => counter.state?.() ?? []),
    ];
  }

  /** Goes on from a state of the same losses and metrics; from nothing where it is of others. */
  restore(state: readonly (readonly number[])[]): void {
    this.reset();
    const [, sums] = state;
    if (state.length !== this.#metrics.length + 2 || sums?.length !== this.#lossSums.length) return;
    const [[loss = 0, samples = 0] = []] = state;
    this.#loss = loss;
    this.#samples = samples;
    this.#lossSums.set(sums);
    this.#metrics.forEach(({ counter }, index) => {
      const counted = state[index + 2] ?? [];
      if (counted.length > 0) counter.restore?.(counted);
    });
  }

  /** Counts a step that has run. @returns The loss as the kernels gave it: a sum or a mean over the batch. */
  count(network: Network, step: Step): number {
    const { batch } = step.plan;
    const { floats } = network.engine.memory;
    const loss = numberAt(floats, step, step.loss as Buffer);
    this.#loss += this.#isSum ? loss : loss * batch + this.#correction(step, floats);
    this.#samples += batch;
    for (let index = 0; index < this.#metrics.length; index++) {
      const { counter, output, head } = this.#metrics[index] as CountedMetric;
      const outputAt = step.executable.addressOf(step.outputs[output] as Buffer) >>> 2;
      const targetAt = step.executable.addressOf((step.heads[head] as Step['heads'][number]).target) >>> 2;
      counter.update(floats, outputAt, floats, targetAt, batch);
    }
    for (let index = 0; index < this.#losses.length; index++) {
      const { isSum, buffer } = this.#losses[index] as CountedLoss;
      const value = numberAt(floats, step, buffer(step));
      this.#lossSums[index] = (this.#lossSums[index] as number) + (isSum ? value : value * batch);
    }
    return loss;
  }

  /** Writes `loss`, the losses of several outputs and the metrics into `logs`, each name behind `prefix`. */
  write(logs: Logs, prefix = ''): void {
    logs[`${prefix}loss`] = this.#loss / this.#samples;
    const own = this.#heads.length === 1 ? 0 : this.#heads.length;
    for (let index = 0; index < own; index++) this.#writeLoss(logs, prefix, index);
    for (const { name, counter } of this.#metrics) logs[prefix + name] = counter.result();
    for (let index = own; index < this.#losses.length; index++) this.#writeLoss(logs, prefix, index);
  }

  #writeLoss(logs: Logs, prefix: string, index: number): void {
    logs[prefix + this.#losses[index]?.name] = (this.#lossSums[index] as number) / this.#samples;
  }

  /** What sums over the batch among means have too much when all are taken for means. */
  #correction(step: Step, floats: Float32Array): number {
    let correction = 0;
    for (let index = 0; index < this.#heads.length; index++) {
      const { loss, weight } = this.#heads[index] as Head;
      if (loss.reduction !== 'sum') continue;
      const value = numberAt(floats, step, (step.heads[index] as Step['heads'][number]).loss);
      correction += weight * value * (1 - step.plan.batch);
    }
    return correction;
  }
}

/** The number that a step left in a buffer. */
function numberAt(floats: Float32Array, step: Step, buffer: Buffer): number {
  return floats[step.executable.addressOf(buffer) >>> 2] as number;
}
