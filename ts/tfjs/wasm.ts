/**
 * Kernels for tfjs's own backend 'wasm': those that it lacks for training, and right ones in place of wrong or slow ones.
 *
 * Its tensors lie in a memory of its own. A call copies them into ours, computes there as the backend 'convgrad' does,
 * and copies the results back; nothing of it is left in our memory.
 */

import {
  findBackendFactory,
  getKernel,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  type TypedArray,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs';
import { StateError } from '../errors';
import { getEngine, type InitOptions, init } from '../runtime/init';
import { ConvgradBackend } from './backend';
import { dispatch } from './dispatch';

/** What of tfjs's wasm backend a kernel uses. */
interface WasmBackend extends KernelBackend {
  /** A window on the numbers of a tensor. */
  typedArrayFromHeap(info: TensorInfo): TypedArray;
  /** A new tensor with a copy of the values. */
  makeOutput(shape: number[], dtype: string, memoryOffset: undefined, values: TypedArray): TensorInfo;
}

/** Kernels without which tfjs's wasm backend has no gradient of convolutions, gathers and Einsum. */
const missing = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Einsum',
  'UnsortedSegmentSum',
];

/**
 * Kernels whose maximum begins at the smallest positive float32 instead of −∞, so that windows of values ≤ 0 have no
 * maximum, and the input gradient of 3-D convolutions, which is wrong in all images of a batch but the first.
 */
const wrong = [
  'MaxPoolGrad',
  'MaxPool3D',
  'MaxPool3DGrad',
  'MaxPoolWithArgmax',
  'Dilation2D',
  'Dilation2DBackpropInput',
  'Dilation2DBackpropFilter',
  'Conv3DBackpropInputV2',
];

/** Kernels that refuse channels before pixels, and a bias that is no vector. */
const narrow = ['Conv2D', 'FusedConv2D', 'FusedDepthwiseConv2D'];

/** Kernels that are right, and scalar. */
const slow = ['Conv2DBackpropInput', 'AvgPoolGrad'];

/**
 * Completes TensorFlow.js's own backend `'wasm'` for training: adds the kernels that it lacks (`Conv2DBackpropFilter`,
 * `DepthwiseConv2dNativeBackpropFilter`, `DepthwiseConv2dNativeBackpropInput`, `Einsum`, `UnsortedSegmentSum`), and
 * replaces those that are wrong (max pooling's gradient, max pooling with arguments and of volumes, dilations, the input
 * gradient of 3-D convolutions) or slow (`Conv2DBackpropInput`, `AvgPoolGrad`). Convolutions take `NCHW` and a bias of any
 * rank, and `Identity` shares its data. They take what the kernels of
 * TensorFlow.js's cpu backend take. The backend may be in use already; calling it again changes nothing.
 *
 * @param options - Which build of our kernels, as in `init`.
 * @throws {StateError} when there is no backend `'wasm'`: the package `@tensorflow/tfjs-backend-wasm` is not imported.
 * @throws {OptionError} when an option is not known.
 * @throws {LoadError} when the engine lacks SIMD or the file cannot be loaded.
 *
 * @example
 * import '@tensorflow/tfjs-backend-wasm';
 * await registerWasmTrainingKernels();
 * await tf.setBackend('wasm');
 */
export async function registerWasmTrainingKernels(options?: InitOptions): Promise<void> {
  if (!findBackendFactory('wasm')) {
    throw new StateError(
      'registerWasmTrainingKernels: expected the backend "wasm" of TensorFlow.js, got none; import "@tensorflow/tfjs-backend-wasm" before',
    );
  }
  await init(options);
  for (const name of [...missing, ...wrong, ...slow]) {
    if (getKernel(name, 'wasm')) unregisterKernel(name, 'wasm');
    registerKernel({ kernelName: name, backendName: 'wasm', kernelFunc: carried(getKernel(name, 'cpu')) });
  }
  for (const name of narrow) {
    const config = narrowKernels.get(name) ?? getKernel(name, 'wasm');
    narrowKernels.set(name, config);
    const wide = carried(getKernel(name, 'cpu'));
    const kernelFunc: KernelFunc = (given) => (isNarrow(given) ? config.kernelFunc(given) : wide(given));
    unregisterKernel(name, 'wasm');
    // With the set-up that the backend will do when it begins.
    registerKernel({ ...config, kernelFunc });
  }
  unregisterKernel('Identity', 'wasm');
  registerKernel({ kernelName: 'Identity', backendName: 'wasm', kernelFunc: share });
}

/** The kernels of the wasm backend that stand behind {@link narrow}. */
const narrowKernels = new Map<string, KernelConfig>();

/** Whether the wasm backend's own kernel takes a convolution. */
function isNarrow({ inputs, attrs }: Parameters<KernelFunc>[0]): boolean {
  const bias = inputs.bias as TensorInfo | undefined;
  return attrs?.dataFormat !== 'NCHW' && (bias === undefined || bias === null || bias.shape.length === 1);
}

/** A tensor with the same data: the kernel of the wasm backend copies, which the engine takes for a leak in gradients. */
function share({ inputs, backend }: Parameters<KernelFunc>[0]): TensorInfo {
  const { dataId, shape, dtype } = inputs.x as TensorInfo;
  (backend as WasmBackend).incRef(dataId);
  return { dataId, shape, dtype };
}

/** A kernel of our backend for tensors of the wasm backend. */
function carried(config: KernelConfig): KernelFunc {
  const kernel = dispatch(config);
  return ({ inputs, attrs, backend: given }) => {
    const wasm = given as WasmBackend;
    const backend = ours();
    const held: TensorInfo[] = [];
    const hold = (info: TensorInfo): TensorInfo => {
      held.push(info);
      return info;
    };
    const carry = (info: TensorInfo | undefined) => {
      if (info === undefined) return undefined;
      const own = hold(backend.makeTensorInfo(info.shape, info.dtype, wasm.typedArrayFromHeap(info)));
      // Dilations of the cpu backend ask for the rank, which only tensors have.
      return { ...own, rank: info.shape.length };
    };
    const giveBack = ({ dataId, shape, dtype }: TensorInfo) => {
      const { values } = backend.data.get(dataId);
      // Some kernels of the cpu backend call data int32 that they stored as float32.
      const typed = util.toTypedArray(values as TypedArray, dtype);
      return wasm.makeOutput(shape, dtype, undefined, typed);
    };
    try {
      // Einsum's tensors come as a list.
      const own = Array.isArray(inputs) ? inputs.map(carry) : mapValues(inputs, carry);
      const result = kernel({ inputs: own as NamedTensorInfoMap, backend, ...(attrs && { attrs }) });
      return Array.isArray(result) ? result.map(hold).map(giveBack) : giveBack(hold(result));
    } finally {
      for (const { dataId } of held) backend.disposeData(dataId);
    }
  };
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

let current: ConvgradBackend | undefined;

/** A backend on the engine that runs, known to us alone; a later `init` starts another engine. */
function ours(): ConvgradBackend {
  const engine = getEngine();
  if (current?.engine !== engine) current = new ConvgradBackend(engine);
  return current;
}
