/** How much the JavaScript heap holds, and what is left behind in it. */

declare const gc: (() => void) | undefined;

export function heapBytes(): number {
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

/**
 * Smallest growth of the heap over some equal rounds. Compilers and caches of the host grow in some of them; what is
 * left behind by every step grows in all: 10,000 steps with the smallest object each are 120,000 bytes.
 */
export async function smallestGrowth(round: () => unknown): Promise<number> {
  let smallest = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 4; count++) {
    const before = heapBytes();
    await round();
    smallest = Math.min(smallest, heapBytes() - before);
  }
  return smallest;
}
