/** Times additions on a core of its own, whenever {@link additionsOn} in quiet.mjs asks for it. */

import { workerData } from 'node:worker_threads';
import { additionsAgain } from './quiet.mjs';

const { tickets, shares, core } = workerData;
const probe = additionsAgain();
for (let seen = 0; ; ) {
  Atomics.wait(tickets, 0, seen);
  seen = Atomics.load(tickets, 0);
  if (seen < 0) break;
  shares[core] = probe();
  Atomics.add(tickets, 1, 1);
}
