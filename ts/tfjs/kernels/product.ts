/** Matrix products, one or a batch of them, with bias and activation. */

import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs';
import { fusedActivation } from './activations';
import { areFloats, type HotKernel, type HotKernels, size, withScratch } from './kernel';

/** Products of matrices, one or a batch of them. */
export const multiplied: HotKernel = ({ inputs, attrs, backend }) => {
  const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  const activation = fusedActivation(attrs);
  const isPlain = areFloats(backend, a, b, bias) && inputs.preluActivationWeights === undefined;
  if (!isPlain || activation === undefined) return undefined;
  const { transposeA = false, transposeB = false } = attrs;
  const [aRows = 0, aColumns = 0] = a.shape.slice(-2);
  const [bRows = 0, bColumns = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [util.sizeFromShape(outerA), util.sizeFromShape(outerB)];
  // Batches that are repeated in part, and a bias that is not one row, are inherited; so is the error of sizes that differ.
  const areBatches = countA === countB || countA === 1 || countB === 1;
  if (inner !== k || !areBatches || (bias !== undefined && (size(bias) !== n || bias.shape.at(-1) !== n))) {
    return undefined;
  }
  const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const { engine } = backend;
  const flags = [Number(transposeA), Number(transposeB)] as const;
  const length = engine.query('matmul_workspace', m, n, k, ...flags);
  return withScratch(backend, length, (workspace) => {
    const y = backend.output([...outer, m, n]);
    const biasAt = bias === undefined ? 0 : backend.address(bias);
    const inside = activation.alpha === 0 ? activation.code : 0;
    for (let index = 0; index < Math.max(countA, countB); index++) {
      const aAt = backend.address(a) + (countA === 1 ? 0 : index * m * k * 4);
      const bAt = backend.address(b) + (countB === 1 ? 0 : index * k * n * 4);
      const yAt = backend.address(y) + index * m * n * 4;
      engine.call('matmul', m, n, k, ...flags, aAt, bAt, biasAt, yAt, inside, 0, workspace, length);
    }
    const at = backend.address(y);
    if (inside !== activation.code) {
      engine.call('activation_forward', activation.code, activation.alpha, size(y), at, at);
    }
    return y;
  });
};

/** Matrix products. */
export const products: HotKernels = [
  ['BatchMatMul', multiplied],
  ['_FusedMatMul', multiplied],
];
