/** The file that test/reference/safetensors.py read. */

import { encodeSafetensors } from '../../ts/io/safetensors';

/** Three tensors, one of them a view into a larger array, and a note. */
export function ownFile(): Uint8Array {
  return encodeSafetensors(
    [
      { name: 'dense_1/kernel', shape: [2, 3], data: Float32Array.of(9, 1, 2, 3, 4, 5, 0.1).subarray(1) },
      { name: 'scalar "✓"', shape: [], data: Float32Array.of(-1 / 3) },
      { name: 'empty', shape: [3, 0], data: new Float32Array(0) },
    ],
    new Map([['note', 'written by convgrad\n"雪"']]),
  );
}
