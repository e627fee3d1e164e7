/** Workers in browsers, from a program that is text: no file that a bundler would have to find. */

/** A worker that runs. */
export interface StartedWorker {
  /** Ends it, whatever it does. */
  terminate(): void;
}

/** Number of processors that the browser tells of. */
export function processors(): number {
  return navigator.hardwareConcurrency || 1;
}

/** Starts a worker that calls the program's function `serve` with `data`. */
export function startWorker(program: string, data: unknown): StartedWorker {
  const source = `${program}\nonmessage = ({ data }) => serve(data);`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'convgrad' });
  worker.postMessage(data);
  URL.revokeObjectURL(url);
  return { terminate: () => worker.terminate() };
}
