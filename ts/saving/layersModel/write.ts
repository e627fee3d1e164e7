/** Topologies of this library as those of TensorFlow.js. */

import type { PartConfig } from '../../config';
import { OptionError } from '../../errors';
import { describe, lookUp } from '../../options';
import { activationNames, type Field, forms, scalings } from './forms';

type Fields = Readonly<Record<string, unknown>>;
/** A layer of a functional model as `describeTopology` tells it. */
interface Told extends PartConfig {
  readonly inboundNodes?: readonly (readonly (readonly [string, number, number?])[])[];
}

/** What TensorFlow.js 4.22 has no layer for, though both sides would say the same. */
const lacking = [
  'ActivityRegularization',
  'Conv1DTranspose',
  'Cropping1D',
  'DepthwiseConv1D',
  'GroupNormalization',
  'SeparableConv1D',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'Subtract',
  'UnitNormalization',
  'UpSampling1D',
  'ZeroPadding1D',
];
const theyLack = (className: string): boolean => lacking.includes(className) || className.startsWith('Random');

/** A topology that `tf.loadLayersModel` takes, and the names of the layers there by those here. */
export interface WrittenTopology {
  /** The topology. */
  readonly modelTopology: object;
  /**
   * Layers of nested models have no prefix there. Where two would have one name, as their weights must not, the second keeps
   * its prefix, with "_" for "/".
   */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * A topology that `tf.loadLayersModel` takes.
 *
 * @param model - As `describeTopology` tells it.
 * @throws {OptionError} naming the layer or the option that TensorFlow.js does not have.
 */
export function writeLayersTopology(model: PartConfig, where: string): WrittenTopology {
  const names = new Map<string, string>();
  const written = writeModel(model, { prefix: '', names, where });
  const version = { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' };
  return { modelTopology: { ...written, ...version }, names };
}

/** Where a model stands that is written. */
interface Place {
  /** Before the names of its layers here. */
  readonly prefix: string;
  /** Names of layers there by those here; filled. */
  readonly names: Map<string, string>;
  readonly where: string;
}

interface Written {
  readonly class_name: string;
  readonly config: Fields;
}

function writeModel({ className, config }: PartConfig, place: Place): Written {
  const told = config.layers as readonly Told[];
  const { name } = config;
  const taken = new Set(place.names.values());
  const own = new Map<unknown, string>();
  for (const layer of told) {
    const full = place.prefix + layer.config.name;
    const isLayer = !isModelClass(layer.className) && layer.className !== 'InputLayer';
    const written = isLayer && taken.has(String(layer.config.name)) ? full.replaceAll('/', '_') : layer.config.name;
    own.set(layer.config.name, written as string);
    if (isLayer) place.names.set(full, written as string);
  }
  const write = (layer: Told): Written => {
    if (isModelClass(layer.className)) {
      return writeModel(layer, { ...place, prefix: `${place.prefix}${layer.config.name}/` });
    }
    const { class_name, config: theirs } = writeLayer(layer, place.where);
    return { class_name, config: { ...theirs, name: own.get(layer.config.name) } };
  };
  if (className === 'Sequential') {
    const layers = told.map((layer, index) => {
      const { class_name, config: theirs } = write(layer);
      const shape = { batch_input_shape: [null, ...(config.inputShape as number[])], dtype: 'float32' };
      // A model that comes first knows its own shape.
      const takesShape = index === 0 && !isModelClass(layer.className);
      return { class_name, config: takesShape ? { ...theirs, ...shape } : theirs };
    });
    return { class_name: 'Sequential', config: { name, layers } };
  }
  // A nested model counts its own making as its first use.
  const models = new Set(told.filter((layer) => isModelClass(layer.className)).map((layer) => layer.config.name));
  const numberOf = (source: string, use: number): number => (models.has(source) ? use + 1 : use);
  const layers = told.map((layer) => ({
    name: own.get(layer.config.name),
    ...write(layer),
    inbound_nodes: (layer.inboundNodes ?? []).map((use) =>
      use.map(([source, number, output = 0]) => [own.get(source), numberOf(source, number), output, {}]),
    ),
  }));
  const ends = (references: unknown) =>
    (references as [string, number, number?][]).map(([source, use, output = 0]) => [
      own.get(source),
      numberOf(source, use),
      output,
    ]);
  const { inputLayers, outputLayers } = config;
  return {
    class_name: 'Model',
    config: { name, layers, input_layers: ends(inputLayers), output_layers: ends(outputLayers) },
  };
}

function isModelClass(className: string): boolean {
  return className === 'Sequential' || className === 'Functional';
}

function writeLayer({ className, config }: PartConfig, where: string): Written {
  const { name, shape, ...options } = config;
  if (className === 'InputLayer') {
    const batch = [null, ...(shape as number[])];
    return { class_name: className, config: { batch_input_shape: batch, dtype: 'float32', sparse: false, name } };
  }
  const what = `${where}: ${className} ${describe(name)}`;
  if (theyLack(className)) throw new OptionError(`${what}: expected layers that TensorFlow.js has`);
  const form = lookUp(forms, className, `${where}: layer ${describe(name)}: className`);
  const theirs: Record<string, unknown> = { name };
  for (const [ours, value] of Object.entries(options)) {
    const field = form.fields.find((each) => each.ours === ours);
    const limited = Object.hasOwn(form.oursOnly, ours) ? form.oursOnly[ours] : undefined;
    if (limited !== undefined || field === undefined) {
      if (JSON.stringify(value) !== JSON.stringify(limited))
        throw new OptionError(`${what}: expected ${ours} ${describe(limited)}, got ${describe(value)}`);
    } else {
      theirs[field.theirs] = writeValue(field, value, `${what}: ${ours}`);
    }
  }
  return { class_name: className, config: form.hasAxis ? { ...theirs, axis: -1 } : theirs };
}

function writeValue({ kind, axes }: Field, value: unknown, what: string): unknown {
  switch (kind) {
    case 'activation': {
      const names = Object.entries(activationNames).map(([theirs, ours]) => [ours, theirs]);
      return lookUp<string>({ ...Object.fromEntries(names), swish: 'swish' }, value as string, what);
    }
    case 'padding':
      if (typeof value === 'string') return value;
      throw new OptionError(`${what}: expected "valid" or "same", got ${describe(value)}`);
    case 'single':
      return [value];
    case 'initializer':
      return writeInitializer(value as PartConfig);
    case 'regularizer': {
      const { l1 = 0, l2 = 0 } = (value as PartConfig).config;
      return { class_name: 'L1L2', config: { l1, l2 } };
    }
    case 'constraint': {
      const { className, config } = value as PartConfig;
      if (className !== 'MaxNorm') return { class_name: className, config: {} };
      const axis = axes === 1 ? 0 : Array.from({ length: axes }, (_, index) => index);
      return { class_name: className, config: { max_value: config.maxValue, axis } };
    }
    default:
      return value;
  }
}

/** What TensorFlow.js has no name for begins with zeros there; the values come with the file. */
function writeInitializer({ className, config }: PartConfig): object {
  const scaling = Object.hasOwn(scalings, className) ? scalings[className] : undefined;
  if (scaling !== undefined) {
    const [scale, mode, distribution] = scaling;
    return { class_name: 'VarianceScaling', config: { scale, mode, distribution, seed: null } };
  }
  return ['Zeros', 'Ones', 'Constant'].includes(className)
    ? { class_name: className, config }
    : { class_name: 'Zeros', config: {} };
}
