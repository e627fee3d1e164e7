/** Means over steps: of gradients before an update, of weights after it. Options of every optimizer, by Keras 3's rules. */

import { OptionError } from '../errors';
import { boolean, describe, numberIn, positiveInteger } from '../options';
import { read, update } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { UpdateBuffers } from './optimizer';

/** Options of {@link CommonOptions} that average over steps. */
export interface AveragingOptions {
  /**
   * Steps, at least 2, whose gradients are averaged before one update of the weights; the steps between change no weight.
   * Learning rate schedules count steps, an optimizer's own corrections count updates. Default null: every step updates.
   */
  readonly gradientAccumulationSteps?: number | null;
  /**
   * Whether moving averages of the trained weights are kept: `average ← emaMomentum·average + (1 − emaMomentum)·weight`
   * after each step, beginning with the weights of the first update. `fit` writes them into the model at its end, before
   * `onTrainEnd`. Default false.
   */
  readonly useEma?: boolean;
  /** Decay of the averages of `useEma`, in [0, 1]. Default 0.99. */
  readonly emaMomentum?: number;
  /** Updates after each of which the averages of `useEma` replace the weights. Default null: only at the end of `fit`. */
  readonly emaOverwriteFrequency?: number | null;
}

/** The names of {@link AveragingOptions}. */
export const averagingOptions = ['gradientAccumulationSteps', 'useEma', 'emaMomentum', 'emaOverwriteFrequency'];

/** The options, checked. */
export class Averaging {
  /** Steps of an update. */
  readonly steps: number;
  /** The options that are not their defaults, for files. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the slots that follow the optimizer's own. */
  readonly slots: readonly string[];
  readonly #momentum: number;
  readonly #overwrite: number | undefined;
  readonly #keepsAverage: boolean;

  /** @throws {OptionError} when an option is out of range, or would have no effect. */
  constructor(options: AveragingOptions, label: string) {
    const { gradientAccumulationSteps: steps, emaMomentum, emaOverwriteFrequency: frequency } = options;
    this.steps = 1;
    if (steps !== undefined && steps !== null) {
      this.steps = positiveInteger(steps, `${label}: gradientAccumulationSteps`);
      if (steps < 2) {
        throw new OptionError(`${label}: gradientAccumulationSteps: expected an integer ≥ 2 or null, got ${steps}`);
      }
    }
    this.#keepsAverage = boolean(options.useEma ?? false, `${label}: useEma`);
    this.#momentum = numberIn(emaMomentum ?? 0.99, 0, 1, `${label}: emaMomentum`);
    const overwrites = frequency !== undefined && frequency !== null;
    this.#overwrite = overwrites ? positiveInteger(frequency, `${label}: emaOverwriteFrequency`) : undefined;
    if (!this.#keepsAverage && (emaMomentum !== undefined || overwrites)) {
      const given = { emaMomentum, emaOverwriteFrequency: frequency };
      throw new OptionError(
        `${label}: expected useEma true with emaMomentum or emaOverwriteFrequency, got ${describe(given)}`,
      );
    }
    this.slots = [...(this.#keepsAverage ? ['average'] : []), ...(this.steps > 1 ? ['gradient accumulator'] : [])];
    this.config = {
      ...(this.steps > 1 && { gradientAccumulationSteps: this.steps }),
      ...(this.#keepsAverage && {
        ...{ useEma: true, emaMomentum: this.#momentum },
        emaOverwriteFrequency: this.#overwrite ?? null,
      }),
    };
  }

  /** Whether there are averages of weights. */
  get keepsAverage(): boolean {
    return this.#keepsAverage;
  }

  /** Updates made before a step. @param iteration - The step's number, from 1. */
  updatesBefore(iteration: number): number {
    return Math.floor((iteration - 1) / this.steps);
  }

  /** Writes the two numbers that the averages of a step follow. @param iteration - The step's number, from 1. */
  writeScalars(scalars: Float32Array, start: number, iteration: number): void {
    const updates = this.updatesBefore(iteration);
    scalars[start] = updates === 0 ? 0 : this.#momentum;
    scalars[start + 1] = this.#overwrite !== undefined && (updates + 1) % this.#overwrite === 0 ? 1 : 0;
  }

  /** Emits what a step does that only gathers gradients. @param own - Number of the optimizer's own slots. */
  emitGather(builder: PlanBuilder, { gradients, slots }: UpdateBuffers, own: number): void {
    const accumulator = slots[own + this.slots.length - 1];
    if (accumulator === undefined) return;
    builder.call('accumulate_gradients', [gradients.size, read(gradients), update(accumulator)], gradients.size);
  }

  /** Emits the mean of the gathered gradients, in their place. @param own - Number of the optimizer's own slots. */
  emitMean(builder: PlanBuilder, { gradients, slots }: UpdateBuffers, own: number): void {
    const accumulator = slots[own + this.slots.length - 1];
    if (this.steps === 1 || accumulator === undefined) return;
    const args = [gradients.size, this.steps, update(gradients), update(accumulator)];
    builder.call('average_gradients', args, 2 * gradients.size);
  }

  /**
   * Emits that the averages follow the weights.
   *
   * @param own - Number of the optimizer's own slots.
   * @param place - Where {@link writeScalars} wrote, among the scalars.
   */
  emitFollow(builder: PlanBuilder, { parameters, slots, scalars }: UpdateBuffers, own: number, place: number): void {
    const average = slots[own];
    if (!this.#keepsAverage || average === undefined) return;
    const args = [parameters.size, update(parameters), update(average), read(scalars, place * 4)];
    builder.call('follow_parameters', args, 3 * parameters.size);
  }
}
