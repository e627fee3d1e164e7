/** Functions in WebAssembly's text format, for ways that are too small to be a kernel of the crate. */

import binaryen from 'binaryen';

/**
 * Compiles `run`, which gets a memory of one megabyte.
 *
 * @param body The function's locals and instructions.
 * @returns {{ run: () => void, floats: Float32Array }}
 */
export function compile(body) {
  const module = binaryen.parseText(`(module (memory (export "memory") 16) (func (export "run") ${body}))`);
  module.setFeatures(binaryen.Features.All);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary()));
  module.dispose();
  return { run: exports.run, floats: new Float32Array(exports.memory.buffer) };
}
