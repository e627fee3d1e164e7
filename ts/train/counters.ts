/** Running loss and metrics over the batches of an epoch or an evaluation. */

import type { Logs } from '../callbacks/callback';
import type { Metric, MetricCounter } from '../metrics/metric';
import { lossOf } from '../model/lossMetric';
import type { Compiled, Network, Step } from '../model/network';
import type { Buffer } from '../plan/buffer';

/** Loss for one sample and metrics, over everything counted since {@link Counters.reset}. */
export class Counters {
  readonly #compiled: Compiled;
  readonly #metrics: readonly { readonly name: string; readonly counter: MetricCounter }[];
  readonly #losses: readonly { readonly name: string; readonly isSum: boolean }[];
  /** Of each metric that is a loss, the sum over the samples. */
  readonly #lossSums: Float64Array;
  #loss = 0;
  #samples = 0;

  constructor(network: Network, compiled: Compiled, where: string) {
    const { outputShape } = network.graph;
    const targetShape = compiled.loss.targetShape(outputShape, where);
    this.#compiled = compiled;
    const counted = compiled.metrics.filter((metric) => !('loss' in metric)) as readonly Metric[];
    this.#metrics = counted.map((metric) => ({
      name: metric.name,
      counter: metric.counter(outputShape, targetShape, where),
    }));
    const losses = compiled.metrics.map(lossOf).filter((loss) => loss !== undefined);
    this.#losses = losses.map(({ name, reduction }) => ({ name, isSum: reduction === 'sum' }));
    this.#lossSums = new Float64Array(losses.length);
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

  /** Goes on from a state of the same loss and metrics; from nothing where it is of others. */
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

  /** Counts a step that has run. @returns The loss as the kernel gave it: a sum or a mean over the batch. */
  count(network: Network, step: Step): number {
    const { batch } = step.plan;
    const { floats } = network.engine.memory;
    const loss = floats[step.executable.addressOf(step.loss as Buffer) >>> 2] as number;
    this.#loss += this.#compiled.loss.reduction === 'sum' ? loss : loss * batch;
    this.#samples += batch;
    const output = step.executable.addressOf(step.output) >>> 2;
    const target = step.executable.addressOf(step.target as Buffer) >>> 2;
    for (const { counter } of this.#metrics) counter.update(floats, output, floats, target, batch);
    for (let index = 0; index < this.#losses.length; index++) {
      const value = floats[step.executable.addressOf(step.lossMetrics[index] as Buffer) >>> 2] as number;
      const sum = this.#lossSums[index] as number;
      this.#lossSums[index] = sum + (this.#losses[index]?.isSum === true ? value : value * batch);
    }
    return loss;
  }

  /** Writes `loss` and the metrics into `logs`, each name behind `prefix`. */
  write(logs: Logs, prefix = ''): void {
    logs[`${prefix}loss`] = this.#loss / this.#samples;
    for (const { name, counter } of this.#metrics) logs[prefix + name] = counter.result();
    for (let index = 0; index < this.#losses.length; index++) {
      logs[prefix + this.#losses[index]?.name] = (this.#lossSums[index] as number) / this.#samples;
    }
  }
}
