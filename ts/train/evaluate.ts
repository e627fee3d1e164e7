/** Runs a model without training it. */

import type { Logs } from '../callbacks/callback';
import type { Compiled, Network } from '../model/network';
import { sizeOf } from '../shape';
import type { Tensor } from '../tensor';
import { Counters } from './counters';
import { type Samples, writeBatch } from './samples';

/** Loss for one sample and metrics over all samples. */
export function evaluateSamples(
  network: Network,
  compiled: Compiled,
  samples: Samples,
  batchSize: number,
  where: string,
): Logs {
  const counters = new Counters(network, compiled, where);
  for (let start = 0; start < samples.count; start += batchSize) {
    const step = network.step('evaluate', Math.min(batchSize, samples.count - start), samples.weights !== undefined);
    writeBatch(network, step, samples, start);
    step.executable.run(compiled.checkNumerics);
    counters.count(network, step);
  }
  const logs: Logs = {};
  counters.write(logs);
  return logs;
}

/** The outputs for all inputs. */
export function predictInputs(network: Network, xs: readonly Tensor[], batchSize: number): Tensor {
  const [count = 0] = xs[0]?.shape ?? [];
  const { outputShape } = network.graph;
  const size = sizeOf(outputShape);
  const data = new Float32Array(count * size);
  for (let start = 0; start < count; start += batchSize) {
    const step = network.step('predict', Math.min(batchSize, count - start));
    writeBatch(network, step, { xs }, start);
    step.executable.run(network.compiled?.checkNumerics ?? false);
    const output = network.engine.memory.read(step.executable.addressOf(step.output), step.plan.batch * size);
    data.set(output, start * size);
  }
  return { data, shape: [count, ...outputShape] };
}
