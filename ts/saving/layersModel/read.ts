/** Topologies of TensorFlow.js and Keras 2 as those of this library. */

import type { PartConfig } from '../../config';
import { FormatError, OptionError } from '../../errors';
import { describe, lookUp } from '../../options';
import type { Shape } from '../../shape';
import { activationNames, type Field, type Form, forms, scalings } from './forms';

type Fields = Readonly<Record<string, unknown>>;
type ShapeOf = (weight: string) => Shape | undefined;

/** A topology that `readTopology` takes, and what can be checked when the shapes are known. */
export interface ReadTopology {
  /** The model as data. */
  readonly model: PartConfig;
  /** Axes that must be the last ones, by layer. */
  readonly axes: ReadonlyMap<string, number>;
  /**
   * The name that each layer has in the file, where it is another: for those of nested models, which stand under the model's
   * name here, and for names with "/".
   */
  readonly originalNames: ReadonlyMap<string, string>;
}

/** Options that any layer may have: sizes that it was made for, and what says nothing about its numbers. */
const common = ['name', 'trainable', 'dtype', 'batch_input_shape', 'batch_size', 'input_dtype', 'updatable', 'sparse'];

/**
 * Reads a topology.
 *
 * @param shapeOf - Shape of a weight of the file by its name there; undefined when there is none.
 * @throws {FormatError} when it is none.
 * @throws {OptionError} naming the layer whose class or options this library does not have.
 */
export function readLayersTopology(topology: unknown, shapeOf: ShapeOf, where: string): ReadTopology {
  // Keras's converter wraps the model, and tells beside it how it was trained.
  const outer = object(topology, `${where}: modelTopology`);
  const wrapped = outer.model_config === undefined ? outer : object(outer.model_config, `${where}: model_config`);
  const { class_name: className, config } = wrapped;
  const reader = new Reader(shapeOf, where, { prefix: '', axes: new Map(), originalNames: new Map() });
  if (!isModelClass(className)) {
    throw new FormatError(`${where}: expected class_name Sequential, Model or Functional, got ${describe(className)}`);
  }
  return reader.read(className, config);
}

/** Whether a class of theirs is a model. */
function isModelClass(className: unknown): className is 'Sequential' | 'Model' | 'Functional' {
  return className === 'Sequential' || className === 'Model' || className === 'Functional';
}

function object(value: unknown, what: string): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new FormatError(`${what}: expected an object, got ${describe(value)}`);
  }
  return value as Fields;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FormatError(`${what}: expected a list, got ${describe(value)}`);
  return value;
}

/** A value of a layer here. */
type Reference = readonly [string, unknown, number?];

/** A functional model whose references are still theirs. */
interface Functional {
  readonly name: unknown;
  readonly seed: number;
  readonly layers: readonly (PartConfig & { readonly inboundNodes: readonly (readonly Reference[])[] })[];
  readonly inputLayers: readonly Reference[];
  readonly outputLayers: readonly Reference[];
}

/** Their nested models that were built by themselves count that as their first use, which the file does not have. */
function countFromZero({ layers, inputLayers, outputLayers, ...rest }: Functional): Fields {
  const uses = new Map(layers.map(({ config, inboundNodes }) => [config.name, inboundNodes.length]));
  const all = [...layers.flatMap(({ inboundNodes }) => inboundNodes.flat()), ...outputLayers];
  const late = new Set(
    layers
      .filter(({ className }) => className === 'Sequential' || className === 'Functional')
      .map(({ config }) => config.name)
      .filter((name) => all.some(([source, use]) => source === name && use === uses.get(name))),
  );
  const count = ([name, use, ...output]: Reference): Reference =>
    late.has(name) ? [name, (use as number) - 1, ...output] : [name, use, ...output];
  return {
    ...rest,
    layers: layers.map((layer) => ({ ...layer, inboundNodes: layer.inboundNodes.map((use) => use.map(count)) })),
    inputLayers,
    outputLayers: outputLayers.map(count),
  };
}

class Reader {
  readonly #shapeOf: ShapeOf;
  readonly #where: string;
  /** Before the names of layers here. */
  readonly #prefix: string;
  readonly #axes: Map<string, number>;
  readonly #originalNames: Map<string, string>;

  constructor(
    shapeOf: ShapeOf,
    where: string,
    names: { prefix: string; axes: Map<string, number>; originalNames: Map<string, string> },
  ) {
    this.#shapeOf = shapeOf;
    this.#where = where;
    this.#prefix = names.prefix;
    this.#axes = names.axes;
    this.#originalNames = names.originalNames;
  }

  read(className: 'Sequential' | 'Model' | 'Functional', config: unknown): ReadTopology {
    const model =
      className === 'Sequential'
        ? { className, config: this.#sequential(config) }
        : { className: 'Functional', config: this.#functional(config) };
    return { model, axes: this.#axes, originalNames: this.#originalNames };
  }

  #sequential(config: unknown): Fields {
    // Before version 1.3 of TensorFlow.js the layers were all there was.
    const { name = 'sequential', layers } = Array.isArray(config) ? { layers: config } : object(config, this.#where);
    const parts = list(layers, `${this.#where}: layers`).map((layer) => object(layer, `${this.#where}: layers`));
    const [first] = parts;
    if (first === undefined) throw new FormatError(`${this.#where}: expected at least one layer, got none`);
    const inputShape = this.#shapeBefore(first);
    const rest = first.class_name === 'InputLayer' ? parts.slice(1) : parts;
    return { name, seed: 0, inputShape, layers: rest.map((layer) => this.#layer(layer)) };
  }

  #functional(value: unknown): Fields {
    const { name = 'functional', layers, input_layers, output_layers } = object(value, this.#where);
    return countFromZero({
      ...{ name, seed: 0 },
      layers: list(layers, `${this.#where}: layers`).map((each) => {
        const layer = object(each, `${this.#where}: layers`);
        const what = `${this.#where}: layer ${describe(layer.name)}`;
        const inboundNodes = list(layer.inbound_nodes, `${what}: inbound_nodes`).map((use) =>
          this.#references(use, `${what}: inbound_nodes`),
        );
        if (layer.class_name !== 'InputLayer') return { ...this.#layer(layer), inboundNodes };
        const config = object(layer.config, what);
        const ours = { name: this.#name(config.name), shape: this.#inputShape(config) };
        return { className: 'InputLayer', config: ours, inboundNodes };
      }),
      inputLayers: this.#references(input_layers, `${this.#where}: input_layers`),
      outputLayers: this.#references(output_layers, `${this.#where}: output_layers`),
    });
  }

  /** The shape that a chain takes which begins with this layer or model. */
  #shapeBefore({ class_name: className, config }: Fields): readonly unknown[] {
    const what = `${this.#where}: first layer`;
    let parts: unknown = config;
    if (isModelClass(className)) {
      parts = Array.isArray(config) ? config : object(config, what).layers;
      const layers = list(parts, what).map((layer) => object(layer, what));
      const input = className === 'Sequential' ? layers[0] : layers.find((each) => each.class_name === 'InputLayer');
      if (input === undefined) throw new FormatError(`${what}: expected an input, got none`);
      return this.#shapeBefore(input);
    }
    return this.#inputShape(object(config, what));
  }

  #inputShape(config: Fields): readonly unknown[] {
    const shape = config.batch_input_shape ?? config.batch_shape;
    if (!Array.isArray(shape) || shape.length < 2 || !shape.slice(1).every(Number.isInteger)) {
      throw new FormatError(
        `${this.#where}: expected batch_input_shape [null, …] with fixed sizes at ${describe(config.name)}, got ${describe(shape)}`,
      );
    }
    return shape.slice(1);
  }

  /** `[['name', 0], …]` of `[['name', 0, 0, {}], …]`; of one reference also without the outer list. */
  #references(value: unknown, what: string): Reference[] {
    const entries = list(value, what);
    const several = typeof entries[0] === 'string' ? [entries] : entries;
    return several.map((entry) => {
      const [name, use, output, options = {}] = list(entry, what);
      if (typeof output !== 'number' || Object.keys(object(options, what)).length > 0) {
        throw new FormatError(`${what}: expected [name, use, output, {}], got ${describe(entry)}`);
      }
      return output === 0 ? [this.#name(name), use] : [this.#name(name), use, output];
    });
  }

  #name(value: unknown): string {
    if (typeof value !== 'string') throw new FormatError(`${this.#where}: expected a name, got ${describe(value)}`);
    const name = value.replaceAll('/', '_');
    if (this.#prefix + name !== value) this.#originalNames.set(this.#prefix + name, value);
    return name;
  }

  /** A nested model; before version 1.3 of TensorFlow.js only its place knew its name. */
  #model(className: 'Sequential' | 'Model' | 'Functional', { config, name: outer }: Fields): PartConfig {
    const name = this.#name(Array.isArray(config) ? outer : object(config, this.#where).name);
    const names = { prefix: `${this.#prefix}${name}/`, axes: this.#axes, originalNames: this.#originalNames };
    const { model } = new Reader(this.#shapeOf, this.#where, names).read(className, config);
    return { className: model.className, config: { ...model.config, name } };
  }

  #layer(layer: Fields): PartConfig {
    const { class_name: className } = layer;
    if (isModelClass(className)) return this.#model(className, layer);
    const config = object(layer.config, `${this.#where}: ${describe(className)}`);
    const name = this.#name(config.name);
    if (typeof className !== 'string') {
      throw new FormatError(`${this.#where}: expected a class_name of ${describe(name)}, got ${describe(className)}`);
    }
    const what = `${this.#where}: ${className} ${describe(name)}`;
    const form = lookUp(forms, className, `${this.#where}: layer ${describe(name)}: class_name`);
    const ours: Record<string, unknown> = { name };
    for (const [theirs, value] of Object.entries(config)) {
      // TensorFlow.js 4.22 writes the penalty of these filters a second time, in place of their rule.
      if (theirs === 'depthwise_constraint' && isPenalty(value)) continue;
      const field = form.fields.find((each) => each.theirs === theirs);
      if (field !== undefined) {
        const converted = readValue(field, value, `${what}: ${theirs}`);
        if (converted !== undefined) ours[field.ours] = converted;
      } else if (theirs === 'axis' && form.hasAxis) {
        this.#axes.set(this.#prefix + name, readAxis(value, `${what}: axis`));
      } else {
        checkOther(form, theirs, value, what);
      }
    }
    if (className === 'SeparableConv2D' && ours.depthMultiplier === undefined) {
      // TensorFlow.js 4.22 forgets to write it.
      const multiplier = this.#shapeOf(`${config.name}/depthwise_kernel`)?.[3];
      if (multiplier !== undefined) ours.depthMultiplier = multiplier;
    }
    return { className, config: ours };
  }
}

/** @throws {OptionError} when an option means something that this library does not do. */
function checkOther(form: Form, theirs: string, value: unknown, what: string): void {
  if (common.includes(theirs) || form.dropped.includes(theirs)) return;
  if (theirs === 'activity_regularizer' && value === null) return;
  const allowed = Object.hasOwn(form.theirsOnly, theirs) ? form.theirsOnly[theirs] : undefined;
  if (allowed === undefined) {
    throw new OptionError(`${what}: expected options that this library has, got ${theirs} = ${describe(value)}`);
  }
  if (!allowed.some((each) => JSON.stringify(each) === JSON.stringify(value))) {
    throw new OptionError(`${what}: expected ${theirs} ${describe(allowed[0])}, got ${describe(value)}`);
  }
}

function readAxis(value: unknown, what: string): number {
  const axis = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!Number.isInteger(axis)) throw new OptionError(`${what}: expected one axis, got ${describe(value)}`);
  return axis as number;
}

/** A value in this library's words; undefined for one that says nothing. */
function readValue({ kind, axes }: Field, value: unknown, what: string): unknown {
  if (value === null || value === undefined) return undefined;
  switch (kind) {
    case 'activation':
      return lookUp(activationNames, value as string, what);
    case 'single':
      return Array.isArray(value) && value.length === 1 ? value[0] : value;
    case 'shape':
      return Array.isArray(value) ? value.map((size) => size ?? -1) : value;
    case 'initializer':
      return readInitializer(value, what);
    case 'regularizer': {
      const { class_name: className, config } = object(value, what);
      return { className, config };
    }
    case 'constraint':
      return readConstraint(value, axes, what);
    default:
      return value;
  }
}

/** Initializers that this library lacks are left out: the values come with the file. */
function readInitializer(value: unknown, what: string): PartConfig | undefined {
  const { class_name: className, config = {} } = object(value, what);
  const { scale, mode, distribution, value: constant } = object(config, what);
  if (className === 'Zeros' || className === 'Ones') return { className, config: {} };
  if (className === 'Constant') return { className, config: { value: constant } };
  if (typeof className === 'string' && Object.hasOwn(scalings, className)) return { className, config: {} };
  if (className !== 'VarianceScaling') return undefined;
  const spread = distribution === 'truncated_normal' ? 'normal' : distribution;
  const known = Object.entries(scalings).find(([, [s, m, d]]) => s === scale && m === mode && d === spread);
  return known && { className: known[0], config: {} };
}

function isPenalty(value: unknown): boolean {
  return value !== null && typeof value === 'object' && 'class_name' in value && value.class_name === 'L1L2';
}

function readConstraint(value: unknown, axes: number, what: string): PartConfig {
  const { class_name: className, config = {} } = object(value, what);
  const { axis = 0, max_value } = object(config, what);
  if (className !== 'MaxNorm') return { className: className as string, config: {} };
  const wanted = JSON.stringify(Array.from({ length: axes }, (_, index) => index));
  const given = JSON.stringify(Array.isArray(axis) ? axis : [axis]);
  if (given !== wanted) {
    throw new OptionError(`${what}: expected MaxNorm over all axes but the last, ${wanted}, got ${given}`);
  }
  return { className, config: { maxValue: max_value } };
}
