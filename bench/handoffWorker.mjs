/** Hands a word back, whenever {@link Handoff} in handoff.mjs asks for it. */

import { parentPort, workerData as words } from 'node:worker_threads';
import { TASK, WORD } from './handoff.mjs';

parentPort.postMessage('ready');
while (Atomics.load(words, TASK) >= 0) {
  Atomics.wait(words, TASK, 0);
  while (Atomics.load(words, TASK) === 1) {
    if (Atomics.load(words, WORD) === 1) Atomics.store(words, WORD, 0);
  }
}
