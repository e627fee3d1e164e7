/** Workers in Node: worker_threads that never keep a process alive. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** A worker that runs. */
export interface StartedWorker {
  /** Ends it, whatever it does. */
  terminate(): void;
}

/** Number of processors that this process may use. */
export function processors(): number {
  return availableParallelism();
}

/** Starts a worker that calls the program's function `serve` with `data`. */
export function startWorker(program: string, data: unknown): StartedWorker {
  const source = `${program}\nserve(require('node:worker_threads').workerData);`;
  const worker = new Worker(source, { eval: true, workerData: data, execArgv: [], name: 'convgrad' });
  // What goes wrong inside is told through the shared memory.
  worker.on('error', () => {});
  worker.unref();
  return { terminate: () => void worker.terminate() };
}
