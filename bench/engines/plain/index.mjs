/** Plain JavaScript: what a network costs without any library. */

import { seedStep } from './seed.mjs';

/** Its engine; it knows the seed's step alone. */
export async function plain() {
  return {
    name: 'plain loops',
    variant: 'js',
    threads: 1,
    prepare: (workload, inputs) => (workload.kind === 'seed step' ? seedStep(workload, inputs) : undefined),
  };
}
