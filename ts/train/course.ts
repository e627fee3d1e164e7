/** Where a training is: what a checkpoint says of it beside weights and optimizer. */

import type { Callback, Logs } from '../callbacks/callback';
import { saveCallbacks } from '../callbacks/states';
import type { SavedCallback } from '../io';
import type { Counters } from './counters';

/** A place in the course of `fit`. */
export interface Place {
  /** Number of the epoch. */
  readonly epoch: number;
  /** Steps made in it. */
  readonly step: number;
  /** What was counted in these steps. */
  readonly counts: readonly (readonly number[])[];
  /** What the callbacks have counted. */
  readonly callbacks: readonly SavedCallback[];
  /** Numbers of the epoch before, which some of the callbacks have still to be told. */
  readonly logs: Readonly<Logs>;
}

/** A place where no `fit` is under way. */
export const NOWHERE: Place = { epoch: 0, step: 0, counts: [], callbacks: [], logs: {} };

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
  /** While callbacks are told of an epoch's end: its numbers, and how many callbacks know them. */
  ending: { readonly logs: Logs; told: number } | undefined;
  #callbacks: readonly Callback[] = [];
  #resume: Place | undefined;

  /** Where `fit` is. */
  place(): Place {
    if (this.#resume !== undefined) return this.#resume;
    const { epoch, step, ending } = this;
    const callbacks = saveCallbacks(this.#callbacks, ending?.told);
    return {
      epoch,
      step,
      counts: step > 0 ? (this.counters?.state() ?? []) : [],
      callbacks,
      logs: callbacks.some(({ pending }) => pending) ? { ...ending?.logs } : {},
    };
  }

  /** Moves to a place where the next `fit` begins. */
  moveTo({ epochs, ...place }: Place & { readonly epochs: number }): void {
    const { epoch, step, counts, callbacks, logs } = place;
    this.epochs = epochs;
    this.#resume = epoch > 0 || step > 0 ? { epoch, step, counts, callbacks, logs } : undefined;
    this.end();
  }

  /** Where the next `fit` begins; undefined when it is a new one. */
  get resume(): Place | undefined {
    return this.#resume;
  }

  /** A `fit` begins. */
  begin(counters: Counters, callbacks: readonly Callback[]): void {
    this.#resume = undefined;
    this.counters = counters;
    this.ending = undefined;
    this.#callbacks = callbacks;
  }

  /** No `fit` is under way. */
  end(): void {
    this.epoch = 0;
    this.step = 0;
    this.counters = undefined;
    this.ending = undefined;
    this.#callbacks = [];
  }
}
