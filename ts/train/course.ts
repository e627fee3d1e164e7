/** Where a training is: what a checkpoint says of it beside weights and optimizer. */

import type { Counters } from './counters';

/** A place in the course of `fit`. */
export interface Place {
  /** Number of the epoch. */
  readonly epoch: number;
  /** Steps made in it. */
  readonly step: number;
  /** What was counted in these steps. */
  readonly counts: readonly (readonly number[])[];
}

/** The course of a model's training over all calls of `fit`. */
export class Course {
  /** Epochs that `fit` has ended. */
  epochs = 0;
  /** Number of the epoch that `fit` is in or comes to next; 0 when none is under way. */
  epoch = 0;
  /** Steps made in this epoch. */
  step = 0;
  /** Counts the epoch that is under way. */
  counters: Counters | undefined;
  #resume: Place | undefined;

  /** Where `fit` is. */
  place(): Place {
    const { epoch, step } = this.#resume ?? this;
    return { epoch, step, counts: this.#resume?.counts ?? (step > 0 ? (this.counters?.state() ?? []) : []) };
  }

  /** Moves to a place where the next `fit` begins. */
  moveTo({ epochs, ...place }: Place & { readonly epochs: number }): void {
    const { epoch, step, counts } = place;
    this.epochs = epochs;
    this.#resume = epoch > 0 || step > 0 ? { epoch, step, counts } : undefined;
    this.end();
  }

  /** Where the next `fit` begins; undefined when it is a new one. */
  get resume(): Place | undefined {
    return this.#resume;
  }

  /** A `fit` begins. */
  begin(counters: Counters): void {
    this.#resume = undefined;
    this.counters = counters;
  }

  /** No `fit` is under way. */
  end(): void {
    this.epoch = 0;
    this.step = 0;
    this.counters = undefined;
  }
}
