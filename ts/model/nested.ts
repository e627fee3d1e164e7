/** Models as layers of other models. */

import { ShapeError } from '../errors';
import type { BuiltLayer, Layer } from '../layers/layer';
import { formatShape, type Shape, sameShape } from '../shape';
import type { Graph } from './graph';
import type { ModelPart } from './modelLayer';

/** What a model that is nested in another is asked for. */
export interface NestedNetwork {
  /** Its name by itself. */
  readonly name: string;
  /** Whether that is the user's; else the outer model makes one. */
  readonly isNamed: boolean;
  /** Where its first weights come from. */
  readonly seed: number;
  /** Its layers. */
  readonly graph: Graph;
  /** Its layers and nested models as users see them. */
  readonly layers: readonly ModelPart[];
  /** @throws {DisposedError} after its end. */
  assertUsable(method: string): void;
}

/** A model, as something that can be applied. */
export interface ModelAsLayer {
  /** The model without its training loop. */
  readonly network: NestedNetwork;
  /** Its name by itself. */
  readonly name: string;
}

/** What can be applied to values: a layer or a model. */
export type LayerLike = Layer | ModelAsLayer;

/** A model as a part of another. */
export interface NestedModel {
  /** Unique in the outer model; before the names of its weights. */
  readonly name: string;
  /** The model. */
  readonly network: NestedNetwork;
  /** The outer model's layers by the nested model's. */
  readonly layers: ReadonlyMap<BuiltLayer, BuiltLayer>;
}

/** Whether a part of a model is a model. */
export function isNested(part: BuiltLayer | NestedModel): part is NestedModel {
  return 'network' in part;
}

/** Whether something that is applied is a model. */
export function isModel(layer: LayerLike): layer is ModelAsLayer {
  return layer !== null && typeof layer === 'object' && 'network' in layer;
}

/** @throws {ShapeError} naming the model that is applied to other values than it takes. */
export function checkNestedInputs({ graph }: NestedNetwork, name: string, given: readonly Shape[]): void {
  const { inputShapes } = graph;
  if (
    given.length === inputShapes.length &&
    given.every((shape, index) => sameShape(shape, inputShapes[index] ?? []))
  ) {
    return;
  }
  const format = (shapes: readonly Shape[]): string => shapes.map((shape) => formatShape([-1, ...shape])).join(', ');
  throw new ShapeError(`model "${name}": expected ${format(inputShapes)}, got ${format(given)}`);
}
