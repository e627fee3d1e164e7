/** onnxruntime-web on WebAssembly: inference only. */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { onnxModel } from './model.mjs';

const peers = createRequire(new URL('../../peers/package.json', import.meta.url));

/** Its engine, on one thread. */
export async function onnx() {
  const path = peers.resolve('onnxruntime-web/wasm');
  const module = await import(pathToFileURL(path).href);
  const ort = module.InferenceSession === undefined ? module.default : module;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return {
    name: 'onnxruntime',
    variant: 'wasm',
    threads: 1,
    async prepare(workload, inputs) {
      if (workload.kind !== 'convnet inference') return undefined;
      const session = await ort.InferenceSession.create(onnxModel(workload, inputs), { executionProviders: ['wasm'] });
      const feeds = { x: new ort.Tensor('float32', inputs.x, [workload.batch, 28, 28, 1]) };
      const step = async () => (await session.run(feeds)).logits.data;
      return { answer: await step(), step, dispose: () => session.release() };
    },
  };
}
