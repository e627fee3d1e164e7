/** Running loss and metrics over the batches of an epoch or an evaluation. */

import type { Logs } from '../callbacks/callback';
import type { MetricCounter } from '../metrics/metric';
import type { Compiled, Network, Step } from '../model/network';
import type { Buffer } from '../plan/buffer';

/** Loss for one sample and metrics, over everything counted since {@link Counters.reset}. */
export class Counters {
  readonly #compiled: Compiled;
  readonly #metrics: readonly { readonly name: string; readonly counter: MetricCounter }[];
  #loss = 0;
  #samples = 0;

  constructor(network: Network, compiled: Compiled, where: string) {
    const { outputShape } = network.graph;
    const targetShape = compiled.loss.targetShape(outputShape, where);
    this.#compiled = compiled;
    this.#metrics = compiled.metrics.map((metric) => ({
      name: metric.name,
      counter: metric.counter(outputShape, targetShape, where),
    }));
  }

  /** Forgets everything. */
  reset(): void {
    this.#loss = 0;
    this.#samples = 0;
    for (const { counter } of this.#metrics) counter.reset();
  }

  /** What has been counted, for a checkpoint. */
  state(): (readonly number[])[] {
    return [[this.#loss, this.#samples], ...this.#metrics.map(({ counter }) => counter.state?.() ?? [])];
  }

  /** Goes on from a state of the same loss and metrics; from nothing where it is of others. */
  restore(state: readonly (readonly number[])[]): void {
    this.reset();
    if (state.length !== this.#metrics.length + 1) return;
    const [[loss = 0, samples = 0] = []] = state;
    this.#loss = loss;
    this.#samples = samples;
    this.#metrics.forEach(({ counter }, index) => {
      const counted = state[index + 1] ?? [];
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
    return loss;
  }

  /** Writes `loss` and the metrics into `logs`, each name behind `prefix`. */
  write(logs: Logs, prefix = ''): void {
    logs[`${prefix}loss`] = this.#loss / this.#samples;
    for (const { name, counter } of this.#metrics) logs[prefix + name] = counter.result();
  }
}
