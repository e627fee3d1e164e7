/** Writes bench/workloads/networks/answers.json, what TensorFlow answers: `node bench/native/answers.mjs PYTHON`. */

import { writeFileSync } from 'node:fs';
import { native } from '../engines/native.mjs';
import { networkWorkloads, thinned } from '../workloads/networks/index.mjs';

const engine = await native(process.argv[2] ?? 'python3', 'tensorflow', 1);
if (engine === undefined) process.exit(2);
const answers = {};
for (const workload of networkWorkloads()) {
  const { answer } = await engine.prepare(workload, workload.load().inputs);
  answers[workload.name] = Array.from(thinned(answer), (value) => Number(value.toPrecision(7)));
}
engine.stop();
const file = new URL('../workloads/networks/answers.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(answers, null, 2)}\n`);
