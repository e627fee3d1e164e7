/**
 * The whole state of a training as plain data and as one safetensors file: the weights under their names, what the optimizer
 * keeps under `optimizer/…`, the rest as JSON among the metadata.
 */

import { FormatError, OptionError } from '../errors';
import { checkOptions, describe, numberIn, wholeNumber } from '../options';
import { parseJson, toPlain } from './json';
import { readLimits } from './limits';
import { type DecodeOptions, decodeSafetensors, encodeSafetensors, type FileTensor } from './safetensors';

/** What a callback has counted, as plain data. */
export interface CallbackState {
  /** Numbers and flags by their names. */
  readonly values: Readonly<Record<string, number | boolean | null>>;
  /** Arrays, such as the best weights so far. Default none. */
  readonly tensors?: readonly FileTensor[];
}

/** The state of a callback in a checkpoint. */
export interface SavedCallback extends CallbackState {
  /** Kind of callback: `earlyStopping`. */
  readonly name: string;
  /** Whether the callback has still to be told of the last epoch's end, with the checkpoint's `logs`. */
  readonly pending: boolean;
  /** Arrays. */
  readonly tensors: readonly FileTensor[];
}

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
  /** What the callbacks of `fit` have counted; none when no `fit` was under way. */
  readonly callbacks: readonly SavedCallback[];
  /** Numbers of the last epoch, when the checkpoint was taken before all callbacks were told of its end; else none. */
  readonly logs: Readonly<Record<string, number>>;
}

const FORMAT = 'convgrad checkpoint';
const VERSION = '1';
const OPTIMIZER = 'optimizer/';
/** Before the number of a callback and the name of one of its tensors. */
const CALLBACK = /^callbacks\/(\d+)\/(.*)$/s;
const known = ['optimizer', 'seed', 'epochs', 'epoch', 'step', 'counts', 'callbacks', 'logs'];

/** A checkpoint as the bytes of a safetensors file, with a checksum. @throws {OptionError} when it is none. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const where = 'encodeCheckpoint';
  checkOptions(where, checkpoint, ['weights', ...known]);
  const { weights, optimizer, callbacks = [], ...place } = checkpoint;
  if (!Array.isArray(weights) || !Array.isArray(optimizer?.slots)) {
    throw new OptionError(`${where}: expected what model.checkpoint() answers, got ${describe(checkpoint)}`);
  }
  const { slots, ...rest } = optimizer;
  const metadata = new Map([
    ['format', FORMAT],
    ['version', VERSION],
    ['state', JSON.stringify({ optimizer: rest, ...place, callbacks: callbacks.map(withoutTensors) }, writeNumber)],
  ]);
  const kept = slots.map(({ name, shape, data }) => ({ name: OPTIMIZER + name, shape, data }));
  const counted = callbacks.flatMap(({ tensors }, index) =>
    tensors.map(({ name, shape, data }) => ({ name: `callbacks/${index}/${name}`, shape, data })),
  );
  return encodeSafetensors([...weights, ...kept, ...counted], metadata);
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
  const { optimizer, callbacks, ...place } = readState(toPlain(json), `${where}: state`);
  const slots = tensors
    .filter(({ name }) => name.startsWith(OPTIMIZER))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(OPTIMIZER.length) }));
  const weights = tensors.filter(({ name }) => !name.startsWith(OPTIMIZER) && !CALLBACK.test(name));
  const counted = tensors.flatMap((tensor) => {
    const [, index, name] = CALLBACK.exec(tensor.name) ?? [];
    return name === undefined ? [] : [{ index: Number(index), tensor: { ...tensor, name } }];
  });
  return {
    weights,
    optimizer: { ...optimizer, slots },
    ...place,
    callbacks: callbacks.map((callback, place) => ({
      ...callback,
      tensors: counted.filter(({ index }) => index === place).map(({ tensor }) => tensor),
    })),
  };
}

/** Everything but the tensors. */
type State = Omit<Checkpoint, 'weights' | 'optimizer' | 'callbacks'> & {
  readonly optimizer: Omit<Checkpoint['optimizer'], 'slots'>;
  readonly callbacks: readonly Omit<SavedCallback, 'tensors'>[];
};

/** A callback's state for the JSON. */
export function withoutTensors({ name, pending, values }: SavedCallback): Omit<SavedCallback, 'tensors'> {
  return { name, pending, values };
}

/** JSON has no NaN and no infinity: they are written as texts. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** A number of a state; earlier versions wrote NaN as null. Undefined for everything else. */
function readNumber(value: unknown): number | undefined {
  if (value === null) return Number.NaN;
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}

/** Checks the numbers of a checkpoint. @throws {OptionError} naming what is wrong. */
export function readState(value: unknown, where: string): State {
  checkOptions(where, value, known);
  const { optimizer, seed, epochs, epoch, step, counts, callbacks = [], logs = {} } = value as Partial<State>;
  checkOptions(`${where}: optimizer`, optimizer, ['className', 'learningRate', 'iterations']);
  const { className, learningRate, iterations } = optimizer as Partial<State['optimizer']>;
  if (typeof className !== 'string') {
    throw new OptionError(`${where}: optimizer: className: expected a text, got ${describe(className)}`);
  }
  if (
    !Array.isArray(counts) ||
    !counts.every((list) => Array.isArray(list) && list.every((number) => readNumber(number) !== undefined))
  ) {
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
    counts: counts.map((list) => list.map((number: unknown) => readNumber(number) as number)),
    callbacks: readCallbacks(callbacks, `${where}: callbacks`),
    logs: readLogs(logs, `${where}: logs`),
  };
}

function readCallbacks(value: unknown, where: string): Omit<SavedCallback, 'tensors'>[] {
  if (!Array.isArray(value)) throw new OptionError(`${where}: expected a list, got ${describe(value)}`);
  return value.map((entry: unknown) => {
    checkOptions(where, entry, ['name', 'pending', 'values']);
    const { name, pending, values } = entry as Partial<SavedCallback>;
    if (typeof name !== 'string' || typeof pending !== 'boolean' || values === null || typeof values !== 'object') {
      throw new OptionError(`${where}: expected a name, pending and values, got ${describe(entry)}`);
    }
    const read = Object.entries(values).map(([key, each]: [string, unknown]) => {
      if (each === null || typeof each === 'boolean') return [key, each] as const;
      const number = readNumber(each);
      if (number === undefined) {
        throw new OptionError(`${where}: ${name}: ${key}: expected a number or a flag, got ${describe(each)}`);
      }
      return [key, number] as const;
    });
    return { name, pending, values: Object.fromEntries(read) };
  });
}

function readLogs(value: unknown, where: string): Record<string, number> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new OptionError(`${where}: expected numbers by their names, got ${describe(value)}`);
  }
  const numbers = Object.entries(value).map(([name, each]: [string, unknown]) => {
    const number = readNumber(each);
    if (number === undefined) throw new OptionError(`${where}: ${name}: expected a number, got ${describe(each)}`);
    return [name, number] as const;
  });
  return Object.fromEntries(numbers);
}
