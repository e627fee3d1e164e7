/** Layers without weights: how their output's shape follows from their inputs', and which kernels they call. */

import { ShapeError } from '../errors';
import type { PlanBuilder } from '../plan/builder';
import type { Shape } from '../shape';
import { type EmittedLayer, formatBatchShape, type Layer, type Value } from './layer';

/** What tells one layer without weights from another. */
export interface Unweighted {
  /** Keras's class name. */
  readonly className: string;
  /** The name of the function that made it, for messages. */
  readonly label: string;
  /** The user's name. */
  readonly name: string | undefined;
  /** Keras's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Shape of the output, without batch. @throws {ShapeError} beginning with `where`. */
  infer(inputShapes: readonly Shape[], where: string): Shape;
  /** Emits the kernels. @param outputShape - With the batch. */
  emit(builder: PlanBuilder, inputs: readonly Value[], outputShape: Shape): EmittedLayer;
}

/** The layer of a description. */
export function unweighted({ className, label, name: givenName, config, infer, emit }: Unweighted): Layer {
  return {
    className,
    name: givenName,
    config,
    build(inputShapes, name) {
      const outputShape = infer(inputShapes, `${label} "${name}"`);
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape,
        weights: [],
        emit: (builder, inputs) => emit(builder, inputs, [builder.batch, ...outputShape]),
      };
    },
  };
}

/** The only input's shape. @throws {ShapeError} when there are more. */
export function single(inputShapes: readonly Shape[], where: string): Shape {
  const [shape] = inputShapes;
  if (shape === undefined || inputShapes.length !== 1) {
    throw new ShapeError(`${where}: expected one input, got ${inputShapes.length}`);
  }
  return shape;
}

/** Height, width and channels of the only input. @throws {ShapeError} when it is no image. */
export function image(inputShapes: readonly Shape[], where: string): readonly [number, number, number] {
  const shape = single(inputShapes, where);
  const [height, width, channels] = shape;
  if (height === undefined || width === undefined || channels === undefined || shape.length !== 3) {
    throw new ShapeError(`${where}: expected input [batch,height,width,channels], got ${formatBatchShape(shape)}`);
  }
  return [height, width, channels];
}

/** Steps and channels of the only input. @throws {ShapeError} when it is no sequence. */
export function sequence(inputShapes: readonly Shape[], where: string): readonly [number, number] {
  const shape = single(inputShapes, where);
  const [steps, channels] = shape;
  if (steps === undefined || channels === undefined || shape.length !== 2) {
    throw new ShapeError(`${where}: expected input [batch,steps,channels], got ${formatBatchShape(shape)}`);
  }
  return [steps, channels];
}
