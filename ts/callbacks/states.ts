/** What callbacks have counted: saved with a checkpoint, handed back when the training goes on. */

import type { CallbackState, SavedCallback } from '../io';
import type { Callback, Logs } from './callback';

/**
 * The states of all callbacks that have one.
 *
 * @param told - Number of callbacks that know of the last epoch's end already; undefined when all do.
 */
export function saveCallbacks(callbacks: readonly Callback[], told: number | undefined): SavedCallback[] {
  return callbacks.flatMap((callback, index) => {
    const state = callback.getState?.();
    if (state === undefined || callback.stateName === undefined) return [];
    const { values, tensors = [] } = state;
    return [{ name: callback.stateName, pending: told !== undefined && index >= told, values, tensors }];
  });
}

/**
 * Hands states back: the n-th of a name to the n-th callback of that name. What has none begins anew.
 *
 * @returns The callbacks that do not know of the last epoch's end yet.
 */
export function restoreCallbacks(callbacks: readonly Callback[], saved: readonly SavedCallback[]): Callback[] {
  const left = [...saved];
  return callbacks.filter((callback) => {
    const place = left.findIndex(({ name }) => name === callback.stateName);
    const [found] = place < 0 ? [] : left.splice(place, 1);
    if (found === undefined) return false;
    const { values, tensors } = found;
    callback.setState?.({ values, tensors });
    return found.pending;
  });
}

/** Tells callbacks of the end of the epoch before the one that training goes on in. */
export async function tellPending(callbacks: readonly Callback[], epoch: number, logs: Logs): Promise<void> {
  const own = { ...logs };
  for (const callback of callbacks) await callback.onEpochEnd?.(epoch - 1, own);
}

/** A number of a state. */
export function numberOf({ values }: CallbackState, name: string): number | undefined {
  const value = values[name];
  return typeof value === 'number' ? value : undefined;
}
