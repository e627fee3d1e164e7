/**
 * The whole state of a training as plain data and as one safetensors file: the weights under their names, what the optimizer
 * keeps under `optimizer/…`, the rest as JSON among the metadata.
 */

import { FormatError, OptionError } from '../errors';
import { checkOptions, describe, numberIn, wholeNumber } from '../options';
import { parseJson, toPlain } from './json';
import { readLimits } from './limits';
import { type DecodeOptions, decodeSafetensors, encodeSafetensors, type FileTensor } from './safetensors';

/** Everything that a training needs to go on as if it had not been interrupted: made by `model.checkpoint()`. */
export interface Checkpoint {
  /** All weights in the model's order. */
  readonly weights: readonly FileTensor[];
  /** The optimizer. */
  readonly optimizer: {
    /** Keras's class name. */
    readonly className: string;
    /** The learning rate now. */
    readonly learningRate: number;
    /** Steps made. */
    readonly iterations: number;
    /** What the optimizer keeps, slot by slot for each trained weight: `conv2d_1/kernel/m`, …. */
    readonly slots: readonly FileTensor[];
  };
  /** The model's seed, from which with `epochs` and `iterations` all chance follows: orders of samples, dropout. */
  readonly seed: number;
  /** Epochs that `fit` has ended since the model was made. */
  readonly epochs: number;
  /** Number of the epoch that `fit` is in or comes to next; 0 when no `fit` was under way. */
  readonly epoch: number;
  /** Steps made in this epoch. */
  readonly step: number;
  /** What loss and metrics have counted in these steps: sum and samples of the loss, then a list for each metric. */
  readonly counts: readonly (readonly number[])[];
}

const FORMAT = 'convgrad checkpoint';
const VERSION = '1';
const OPTIMIZER = 'optimizer/';

/** A checkpoint as the bytes of a safetensors file, with a checksum. @throws {OptionError} when it is none. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const where = 'encodeCheckpoint';
  checkOptions(where, checkpoint, ['weights', 'optimizer', 'seed', 'epochs', 'epoch', 'step', 'counts']);
  const { weights, optimizer, ...place } = checkpoint;
  if (!Array.isArray(weights) || !Array.isArray(optimizer?.slots)) {
    throw new OptionError(`${where}: expected what model.checkpoint() answers, got ${describe(checkpoint)}`);
  }
  const { slots, ...rest } = optimizer;
  const metadata = new Map([
    ['format', FORMAT],
    ['version', VERSION],
    ['state', JSON.stringify({ optimizer: rest, ...place })],
  ]);
  const kept = slots.map(({ name, shape, data }) => ({ name: OPTIMIZER + name, shape, data }));
  return encodeSafetensors([...weights, ...kept], metadata);
}

/**
 * The checkpoint of a file of {@link encodeCheckpoint}. Whether it fits a model is seen by `model.restore`.
 *
 * @throws {FormatError | OptionError} when the file is damaged or something else.
 * @throws {LimitError} when it exceeds a limit.
 */
export function decodeCheckpoint(bytes: Uint8Array, options: DecodeOptions = {}): Checkpoint {
  const where = options.name ?? 'decodeCheckpoint';
  checkOptions(where, options, ['limits', 'name']);
  const { tensors, metadata, verified } = decodeSafetensors(bytes, { ...options, name: where });
  const [format, version] = [metadata.get('format'), metadata.get('version')];
  if (format !== FORMAT || version !== VERSION) {
    throw new FormatError(
      `${where}: expected a file of "${FORMAT}", version ${VERSION}, got ${describe(format)}, version ${describe(version)}`,
    );
  }
  if (!verified) throw new FormatError(`${where}: expected a checksum, got none: the file is damaged`);
  const json = parseJson(metadata.get('state') ?? '', `${where}: state`, readLimits(options.limits, where));
  const { optimizer, ...place } = readState(toPlain(json), `${where}: state`);
  const slots = tensors
    .filter(({ name }) => name.startsWith(OPTIMIZER))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(OPTIMIZER.length) }));
  const weights = tensors.filter(({ name }) => !name.startsWith(OPTIMIZER));
  return { weights, optimizer: { ...optimizer, slots }, ...place };
}

/** Everything but the tensors. */
type State = Omit<Checkpoint, 'weights' | 'optimizer'> & { readonly optimizer: Omit<Checkpoint['optimizer'], 'slots'> };

/** Checks the numbers of a checkpoint. @throws {OptionError} naming what is wrong. */
export function readState(value: unknown, where: string): State {
  checkOptions(where, value, ['optimizer', 'seed', 'epochs', 'epoch', 'step', 'counts']);
  const { optimizer, seed, epochs, epoch, step, counts } = value as Partial<State>;
  checkOptions(`${where}: optimizer`, optimizer, ['className', 'learningRate', 'iterations']);
  const { className, learningRate, iterations } = optimizer as Partial<State['optimizer']>;
  if (typeof className !== 'string') {
    throw new OptionError(`${where}: optimizer: className: expected a text, got ${describe(className)}`);
  }
  if (!Array.isArray(counts) || !counts.every((list) => Array.isArray(list) && list.every(isCounted))) {
    throw new OptionError(`${where}: counts: expected lists of numbers, got ${describe(counts)}`);
  }
  return {
    optimizer: {
      className,
      learningRate: numberIn(learningRate, 0, Number.MAX_VALUE, `${where}: optimizer: learningRate`),
      iterations: wholeNumber(iterations, `${where}: optimizer: iterations`),
    },
    seed: wholeNumber(seed, `${where}: seed`),
    epochs: wholeNumber(epochs, `${where}: epochs`),
    epoch: wholeNumber(epoch, `${where}: epoch`),
    step: wholeNumber(step, `${where}: step`),
    // JSON has no NaN.
    counts: (counts as readonly (readonly (number | null)[])[]).map((list) =>
      list.map((number) => number ?? Number.NaN),
    ),
  };
}

function isCounted(value: unknown): boolean {
  return value === null || typeof value === 'number';
}
