/**
 * The engines that are compared. One is `{ name, variant, threads, prepare(workload, inputs) }`; `prepare` answers
 * undefined for what it cannot do, else `{ answer, step or sample, once?, dispose? }`: the answer for the check, a step to
 * be timed, and what one took already, in milliseconds. `secondsOf(workload)`, if there, says what a slow engine will need.
 */

import { availableParallelism } from 'node:os';
import { convgrad } from './convgrad/index.mjs';
import { jaxJs } from './jax-js/index.mjs';
import { native } from './native.mjs';
import { onnx } from './onnx/index.mjs';
import { plain } from './plain/index.mjs';
import { tfjs } from './tfjs/index.mjs';

const peers = [
  { name: 'plain loops', start: plain },
  { name: 'jax-js', start: jaxJs },
  { name: 'tfjs cpu', start: tfjs('cpu') },
  { name: 'tfjs wasm', start: tfjs('wasm') },
  { name: 'tfjs convgrad', start: tfjs('convgrad'), own: true },
  { name: 'trainWith', start: tfjs('convgrad', 'trainWith'), own: true },
  { name: 'onnxruntime', start: onnx },
];

/**
 * Starts engines; the first of them is what others are compared with.
 *
 * @param options.threads Numbers of threads for convgrad and for native engines.
 * @param options.native A Python, or undefined.
 * @param options.engines A pattern for the peers' names, or undefined for all that are not convgrad in other clothes.
 */
export async function startEngines({ threads, native: python, engines: pattern }) {
  const wanted = (name, own = false) => (pattern === undefined ? !own : new RegExp(pattern, 'i').test(name));
  const started = [];
  for (const count of threads) {
    for (const simd of ['relaxed', 'strict']) started.push(await convgrad({ simd, threads: count }));
  }
  for (const { name, start } of peers.filter((peer) => wanted(peer.name, peer.own))) {
    try {
      started.push(await start(threads[0]));
    } catch (error) {
      console.log(`${name} is left out: ${String(error.message).split('\n')[0]}`);
    }
  }
  if (python !== undefined) {
    const counts = [...new Set([...threads, availableParallelism()])];
    for (const framework of ['tensorflow', 'jax'].filter((name) => wanted(name))) {
      for (const count of counts) {
        const engine = await native(python, framework, count);
        if (engine === undefined) break;
        started.push(engine);
      }
    }
  }
  return started;
}
