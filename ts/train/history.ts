/** What `fit` answers. */

import type { Logs } from '../callbacks/callback';

/** The course of training, epoch by epoch. */
export interface History {
  /** Numbers of the epochs, from 0. */
  readonly epoch: number[];
  /** For `loss`, each metric and, with validation, `val_loss`, …: a value for each epoch. */
  readonly history: Record<string, number[]>;
}

/** Appends the numbers of an epoch. */
export function appendEpoch(history: History, epoch: number, logs: Logs): void {
  history.epoch.push(epoch);
  for (const [name, value] of Object.entries(logs)) {
    history.history[name] ??= [];
    history.history[name].push(value);
  }
}
