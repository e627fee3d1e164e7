/** What all optimizers have in common: learning rates that follow a schedule, clipping, decay, rules for weights. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import { describe, numberIn } from '../options';
import { type Buffer, read, update, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { sizeOf } from '../shape';
import { Averaging, type AveragingOptions, averagingOptions } from './averaging';
import type { Optimizer, UpdateBuffers } from './optimizer';
import { type LearningRateSchedule, scheduleFromConfig } from './schedules';

/** Options of every optimizer. */
export interface CommonOptions extends AveragingOptions {
  /** Step width η, or a function of the step's number from 0, such as `cosineDecay({ … })`. */
  readonly learningRate?: number | LearningRateSchedule | PartConfig;
  /** Cuts each gradient to [−clipValue, clipValue]. At most one of the three clips. Default none. */
  readonly clipValue?: number;
  /** Scales the gradient of each weight whose norm is larger down to this norm. Default none. */
  readonly clipNorm?: number;
  /** Scales all gradients together when their norm is larger down to this norm. Default none. */
  readonly globalClipNorm?: number;
  /** Before each update `p ← p·(1 − η·weightDecay)` (Loshchilov and Hutter, 2019). Default none. */
  readonly weightDecay?: number;
}

/** The names of {@link CommonOptions}. */
export const commonOptions = [
  ...['learningRate', 'clipValue', 'clipNorm', 'globalClipNorm', 'weightDecay'],
  ...averagingOptions,
];

/** What tells one optimizer from another. */
interface Kind {
  readonly className: string;
  readonly label: string;
  readonly defaultRate: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly slots: readonly string[];
  /** Writes what the kernel reads; fewer than {@link RATE} numbers. @param iteration - Number of the update, from 1. */
  writeScalars(scalars: Float32Array, start: number, rate: number, iteration: number): void;
  /** Emits the update itself. */
  emit(builder: PlanBuilder, buffers: UpdateBuffers): void;
}

/** Place of the plain learning rate among the scalars, behind those of the kernel. */
const RATE = 8;

/** Place of what averages of weights follow. */
const AVERAGES = RATE + 1;

/** The arrays of an update as its kernel takes them. */
export const arraysOf = ({ parameters, gradients, slots, scalars }: UpdateBuffers) => [
  update(parameters),
  read(gradients),
  ...slots.map((slot) => update(slot)),
  read(scalars),
];

/** An optimizer of a kind. @throws {OptionError} when an option is out of range. */
export function makeOptimizer(kind: Kind, options: CommonOptions): Optimizer {
  const { label } = kind;
  const { learningRate = kind.defaultRate } = options;
  const schedule = readSchedule(learningRate, `${label}: learningRate`);
  const size = (name: 'clipValue' | 'clipNorm' | 'globalClipNorm' | 'weightDecay'): number | undefined => {
    const value = options[name];
    return value === undefined ? undefined : numberIn(value, 0, Number.POSITIVE_INFINITY, `${label}: ${name}`);
  };
  const clips = { clipValue: size('clipValue'), clipNorm: size('clipNorm'), globalClipNorm: size('globalClipNorm') };
  if (Object.values(clips).filter((value) => value !== undefined).length > 1) {
    throw new OptionError(`${label}: expected one of clipValue, clipNorm and globalClipNorm, got ${describe(clips)}`);
  }
  const weightDecay = size('weightDecay');
  const numeric = (value: unknown): number => numberIn(value, 0, Number.POSITIVE_INFINITY, `${label}: learningRate`);
  const given = { ...clips, weightDecay };
  const averaging = new Averaging(options, label);
  const own = kind.slots.length;
  const finish = (builder: PlanBuilder, buffers: UpdateBuffers): void => {
    averaging.emitFollow(builder, buffers, own, AVERAGES);
    emitConstraints(builder, buffers);
  };
  return {
    className: kind.className,
    learningRate: numeric(schedule === undefined ? learningRate : schedule(0)),
    schedule,
    config: {
      ...kind.config,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      ...averaging.config,
    },
    slots: [...kind.slots, ...averaging.slots],
    accumulationSteps: averaging.steps,
    averageSlot: averaging.keepsAverage ? own : undefined,
    scalarCount: AVERAGES + 2,
    writeScalars(scalars, start, iteration) {
      if (schedule !== undefined) this.learningRate = schedule(iteration - 1);
      kind.writeScalars(scalars, start, this.learningRate, averaging.updatesBefore(iteration) + 1);
      scalars[start + RATE] = this.learningRate;
      averaging.writeScalars(scalars, start + AVERAGES, iteration);
    },
    emitAccumulation(builder, buffers) {
      emitPenalties(builder, buffers);
      averaging.emitGather(builder, buffers, own);
      finish(builder, buffers);
    },
    emit(builder, buffers) {
      const { parameters, gradients, scalars } = buffers;
      emitPenalties(builder, buffers);
      averaging.emitMean(builder, buffers, own);
      const clip = (kernel: 'clip_gradients' | 'clip_gradient_norm', limit: number, target: Buffer): void =>
        builder.call(kernel, [target.size, limit, update(target)], 2 * target.size);
      if (clips.clipValue !== undefined) clip('clip_gradients', clips.clipValue, gradients);
      if (clips.globalClipNorm !== undefined) clip('clip_gradient_norm', clips.globalClipNorm, gradients);
      if (clips.clipNorm !== undefined) {
        for (const { gradient } of buffers.variables) clip('clip_gradient_norm', clips.clipNorm, gradient);
      }
      if (weightDecay !== undefined) {
        const args = [parameters.size, weightDecay, update(parameters), read(scalars, RATE * 4)];
        builder.call('decay_parameters', args, 2 * parameters.size);
      }
      kind.emit(builder, { ...buffers, slots: buffers.slots.slice(0, own) });
      finish(builder, buffers);
    },
  };
}

function readSchedule(value: unknown, what: string): LearningRateSchedule | undefined {
  if (typeof value === 'function') return value as LearningRateSchedule;
  return value !== null && typeof value === 'object' ? scheduleFromConfig(value as PartConfig, what) : undefined;
}

function emitPenalties(builder: PlanBuilder, { variables }: UpdateBuffers): void {
  for (const { spec, value, gradient } of variables) {
    const { regularizer } = spec;
    if (regularizer === undefined) continue;
    const args = [value.size, regularizer.l1, regularizer.l2, read(value), update(gradient)];
    builder.call('penalize', args, 4 * value.size);
  }
}

function emitConstraints(builder: PlanBuilder, { variables }: UpdateBuffers): void {
  for (const { spec, value } of variables) {
    const { constraint } = spec;
    if (constraint?.kind === 'nonNeg') {
      builder.call('activation_forward', [2, 0, value.size, read(value), write(value)], value.size);
    }
    if (constraint?.kind === 'maxNorm') {
      // A vector, such as a bias, is one column.
      const columns = spec.shape.length > 1 ? (spec.shape.at(-1) ?? 1) : 1;
      builder.call('max_norm', [sizeOf(spec.shape), columns, constraint.limit, update(value)], 3 * value.size);
    }
  }
}
