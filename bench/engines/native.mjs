/**
 * Native TensorFlow and JAX: a Python process for each framework and number of threads, which prepares workloads and
 * times steps when it is asked to, so that it takes its turn among the others. Both sides speak lines of JSON; arrays
 * are base64.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../native/main.py', import.meta.url));

/** Starts one; undefined, with a line that says why, when the Python lacks the framework. */
export async function native(python, framework, threads) {
  const child = spawn(python, [script, framework, String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => child.on('error', reject));
  const answer = async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error(`${framework}: the Python process ended`);
    const message = JSON.parse(value);
    if (message.error !== undefined) throw new Error(`${framework}: ${message.error}`);
    return message;
  };
  const ask = (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return answer();
  };
  try {
    const { version } = await answer();
    return {
      name: framework,
      variant: 'native',
      version,
      threads,
      stop: () => child.stdin.end(),
      async prepare({ load, check, bound, ...workload }, inputs) {
        const reply = await ask({ prepare: workload, inputs: encode(inputs) });
        if (reply.answer === undefined) return undefined;
        return {
          answer: new Float32Array(Uint8Array.from(Buffer.from(reply.answer, 'base64')).buffer),
          sample: async (steps) => (await ask({ sample: steps })).milliseconds,
        };
      },
    };
  } catch (error) {
    console.log(`${framework}, native, is left out: ${error.message}`);
    child.kill();
    return undefined;
  }
}

/** Arrays as base64 with their type. */
function encode(inputs) {
  const entries = Object.entries(inputs).map(([name, values]) => {
    const { buffer, byteOffset, byteLength } = values;
    const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    return [name, { type: values instanceof Int32Array ? 'int32' : 'float32', data }];
  });
  return Object.fromEntries(entries);
}
