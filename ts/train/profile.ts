/** How long each kernel call of a training step takes. */

import type { Network } from '../model/network';
import type { Step } from '../model/store';
import type { Phase } from '../plan/call';
import { formatTable } from '../plan/report';

/** One kernel call of a {@link Profile}. */
export interface ProfileCall {
  /** Layer, loss or optimizer that asked for it. */
  readonly layer: string;
  /** Part of the step. */
  readonly phase: Phase;
  /** Name of the kernel. */
  readonly kernel: string;
  /** Median time in milliseconds. */
  readonly milliseconds: number;
  /** 10⁹ floating point operations a second. */
  readonly gflops: number;
  /** Share of the step's time, 0 … 1. */
  readonly share: number;
}

/** What `model.profile()` answers; `String(profile)` is a table, the longest first. */
export interface Profile {
  /** Samples of the step. */
  readonly batchSize: number;
  /** In the order of execution. */
  readonly calls: readonly ProfileCall[];
  /** Sum of the medians. */
  readonly milliseconds: number;
  /** The table. */
  toString(): string;
}

/** Runs a filled step `runs` times after a tenth of that for warming up. */
export function profileStep(network: Network, step: Step, runs: number): Profile {
  const { executable, plan } = step;
  const times: number[][] = plan.calls.map(() => []);
  for (let run = -Math.ceil(runs / 10); run < runs; run++) {
    executable.prepare();
    network.beginTrainingStep();
    executable.run(false, (index, milliseconds) => {
      if (run >= 0) times[index]?.push(milliseconds);
    });
  }
  const medians = times.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0);
  const milliseconds = medians.reduce((sum, time) => sum + time, 0);
  const calls = plan.calls.map(({ layer, phase, kernel, flops }, index): ProfileCall => {
    const time = medians[index] ?? 0;
    return { layer, phase, kernel, milliseconds: time, gflops: flops / time / 1e6, share: time / milliseconds };
  });
  return { batchSize: plan.batch, calls, milliseconds, toString: () => table(calls, plan.batch, milliseconds) };
}

function table(calls: readonly ProfileCall[], batch: number, milliseconds: number): string {
  const rows = [...calls]
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .map((call) => [
      call.milliseconds.toFixed(3),
      `${(call.share * 100).toFixed(1)} %`,
      Number.isFinite(call.gflops) ? call.gflops.toFixed(1) : '',
      call.phase,
      call.layer,
      call.kernel,
    ]);
  return [
    `profile of one step, batch ${batch}: ${milliseconds.toFixed(3)} ms`,
    formatTable(['ms', 'share', 'GFLOP/s', 'phase', 'layer', 'kernel'], rows),
  ].join('\n');
}
