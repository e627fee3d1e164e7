/** Functions in WebAssembly's text format: loops that are too small, or too particular, to be a kernel of the crate. */

import binaryen from 'binaryen';

/**
 * Compiles `run`.
 *
 * @param body The function's result if any, locals and instructions.
 * @param bytes Size of its memory, at least; a megabyte by default.
 * @returns {{ run: Function, floats: Float32Array }} the function, and its memory as numbers.
 */
export function compile(body, bytes = 2 ** 20) {
  const text = `(module (memory (export "memory") ${Math.ceil(bytes / 65536)}) (func (export "run") ${body}))`;
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.emitBinary()));
  module.dispose();
  return { run: exports.run, floats: new Float32Array(exports.memory.buffer) };
}
