/** Topologies of this library as those of TensorFlow.js. */

import type { PartConfig } from '../../config';
import { OptionError } from '../../errors';
import { describe, lookUp } from '../../options';
import { activationNames, type Field, forms, scalings } from './forms';

type Fields = Readonly<Record<string, unknown>>;
/** A layer of a functional model as `describeTopology` tells it. */
interface Told extends PartConfig {
  readonly inboundNodes?: readonly (readonly (readonly [string, number])[])[];
}

/** What TensorFlow.js 4.22 has no layer for, though both sides would say the same. */
const theyLack = ['SpatialDropout2D'];

/**
 * A topology that `tf.loadLayersModel` takes.
 *
 * @param model - As `describeTopology` tells it.
 * @throws {OptionError} naming the layer or the option that TensorFlow.js does not have.
 */
export function writeLayersTopology({ className, config }: PartConfig, where: string): object {
  const told = config.layers as readonly Told[];
  const version = { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' };
  const { name } = config;
  if (className === 'Sequential') {
    const layers = told.map((layer, index) => {
      const { class_name, config: theirs } = writeLayer(layer, where);
      const shape = { batch_input_shape: [null, ...(config.inputShape as number[])], dtype: 'float32' };
      return { class_name, config: index === 0 ? { ...theirs, ...shape } : theirs };
    });
    return { class_name: 'Sequential', config: { name, layers }, ...version };
  }
  const layers = told.map((layer) => ({
    name: layer.config.name,
    ...writeLayer(layer, where),
    inbound_nodes: (layer.inboundNodes ?? []).map((use) => use.map(([source, number]) => [source, number, 0, {}])),
  }));
  const ends = (references: unknown) => (references as [string, number][]).map(([source, use]) => [source, use, 0]);
  const { inputLayers, outputLayers } = config;
  const theirs = { name, layers, input_layers: ends(inputLayers), output_layers: ends(outputLayers) };
  return { class_name: 'Model', config: theirs, ...version };
}

function writeLayer({ className, config }: PartConfig, where: string): { class_name: string; config: Fields } {
  const { name, shape, ...options } = config;
  if (className === 'InputLayer') {
    const batch = [null, ...(shape as number[])];
    return { class_name: className, config: { batch_input_shape: batch, dtype: 'float32', sparse: false, name } };
  }
  const what = `${where}: ${className} ${describe(name)}`;
  if (theyLack.includes(className)) throw new OptionError(`${what}: expected layers that TensorFlow.js has`);
  const form = lookUp(forms, className, `${where}: layer ${describe(name)}: className`);
  const theirs: Record<string, unknown> = { name };
  for (const [ours, value] of Object.entries(options)) {
    const field = form.fields.find((each) => each.ours === ours);
    const limited = Object.hasOwn(form.oursOnly, ours) ? form.oursOnly[ours] : undefined;
    if (limited !== undefined || field === undefined) {
      if (value !== limited)
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
      return lookUp(Object.fromEntries(names) as Record<string, string>, value as string, what);
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
