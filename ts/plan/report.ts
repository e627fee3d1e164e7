/** A plan for people: what each kernel call reads, writes and costs. */

import { formatShape } from '../shape';
import { bufferArguments, type KernelCall, type Phase } from './call';
import type { Plan } from './plan';

/** One kernel call of a {@link PlanReport}. */
export interface PlanReportCall {
  /** Layer, loss or optimizer that asked for it. */
  readonly layer: string;
  /** Part of the step. */
  readonly phase: Phase;
  /** Name of the kernel. */
  readonly kernel: string;
  /** What it reads, each with its shape. */
  readonly reads: readonly string[];
  /** What it writes, each with its shape. */
  readonly writes: readonly string[];
  /** Floating point operations; a multiply and an add count two. */
  readonly flops: number;
  /** Bytes of all the buffers that it reads and writes. */
  readonly bytes: number;
}

/** What `model.plan()` answers; `String(report)` is a table. */
export interface PlanReport {
  /** Samples of a step. */
  readonly batchSize: number;
  /** What runs before a step when weights have changed: it makes of them what kernels read in many steps. */
  readonly preparations: readonly PlanReportCall[];
  /** In the order of execution. */
  readonly calls: readonly PlanReportCall[];
  /** Floating point operations of a step. */
  readonly flops: number;
  /** Bytes of the arena that the step's values share. */
  readonly arenaBytes: number;
  /** Bytes that the same values would take without sharing. */
  readonly arenaBytesWithoutReuse: number;
  /** Bytes of what the preparations make. */
  readonly keptBytes: number;
  /** Bytes of parameters, gradients and optimizer state. */
  readonly stateBytes: number;
  /** Layers whose work others do: batch normalizations and activations, `into` the linear layer before them. */
  readonly folded: readonly { readonly layer: string; readonly into: string }[];
  /** The table. */
  toString(): string;
}

/** Describes a plan. */
export function reportPlan(plan: Plan, stateBytes: number, folded: PlanReport['folded'] = []): PlanReport {
  const calls = plan.calls.map(reportCall);
  const report = {
    batchSize: plan.batch,
    preparations: plan.preparations.map(reportCall),
    calls,
    flops: calls.reduce((sum, call) => sum + call.flops, 0),
    arenaBytes: plan.layout.bytes,
    arenaBytesWithoutReuse: plan.layout.bytesWithoutReuse,
    keptBytes: plan.keptBytes,
    stateBytes,
    folded,
  };
  return { ...report, toString: () => table(report) };
}

function reportCall(call: KernelCall): PlanReportCall {
  const buffers = bufferArguments(call).filter(
    ({ buffer }) => buffer.region !== 'constant' && !buffer.name.endsWith('/workspace'),
  );
  const describe = ({ buffer }: { buffer: { name: string; shape: readonly number[] } }): string =>
    `${buffer.name} ${formatShape(buffer.shape)}`;
  return {
    layer: call.layer,
    phase: call.phase,
    kernel: call.kernel,
    reads: buffers.filter(({ access }) => access !== 'write').map(describe),
    writes: buffers.filter(({ access }) => access !== 'read').map(describe),
    flops: call.flops,
    bytes: buffers.reduce((sum, { buffer }) => sum + buffer.size * 4, 0),
  };
}

function table(report: Omit<PlanReport, 'toString'>): string {
  const row = (number: string) => (call: PlanReportCall) => {
    const { phase, layer, kernel, flops, reads, writes } = call;
    return [number, phase, layer, kernel, formatCount(flops), `${reads.join(' ')} → ${writes.join(' ')}`];
  };
  // Stars stand before what runs when weights have changed.
  const rows = report.preparations.map(row('*')).concat(report.calls.map((call, index) => row(`${index + 1}`)(call)));
  const saved = 1 - report.arenaBytes / Math.max(report.arenaBytesWithoutReuse, 1);
  const kept = report.keptBytes > 0 ? `kept ${formatBytes(report.keptBytes)}; ` : '';
  const folded = report.folded.map(({ layer, into }) => `${layer} into ${into}`);
  return [
    `plan of one step, batch ${report.batchSize}`,
    ...(kept === '' ? [] : ['* when weights have changed']),
    ...(folded.length > 0 ? [`folded when weights have changed: ${folded.join(', ')}`] : []),
    formatTable(['#', 'phase', 'layer', 'kernel', 'FLOP', 'reads → writes'], rows),
    `${formatCount(report.flops)}FLOP a step; state ${formatBytes(report.stateBytes)}; ${kept}arena ${formatBytes(report.arenaBytes)} (${formatBytes(report.arenaBytesWithoutReuse)} without reuse, ${Math.round(saved * 100)} % saved)`,
  ].join('\n');
}

/** Aligns the columns of a table; the last one is left ragged. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === header.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  const rule = widths.map((width) => '─'.repeat(Math.min(width, 100))).join('  ');
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** `12.3 M`: three digits and a decimal prefix. */
export function formatCount(count: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
