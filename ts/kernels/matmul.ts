/** Matrix product on plain arrays. */

import { ShapeError } from '../errors';
import { getEngine } from '../runtime/init';
import { checkShape, formatShape, type Shape } from '../shape';
import type { Tensor } from '../tensor';
import { staged } from './staging';

/** Arguments of {@link matmul}. */
export interface MatmulArgs {
  /** Left matrix. */
  readonly a: ArrayLike<number>;
  /** `[m, k]`, or `[k, m]` with `transposeA`. */
  readonly aShape: Shape;
  /** Right matrix. */
  readonly b: ArrayLike<number>;
  /** `[k, n]`, or `[n, k]` with `transposeB`. */
  readonly bShape: Shape;
  /** Uses the transpose of `a`. Default false. */
  readonly transposeA?: boolean;
  /** Uses the transpose of `b`. Default false. */
  readonly transposeB?: boolean;
  /** Where to put the result; allocated when left out. */
  readonly out?: Float32Array;
}

/**
 * `c = a · b`, row-major.
 *
 * @returns The product, `[m, n]`.
 * @throws {ShapeError} when the inner dimensions differ or a shape is not of two dimensions.
 */
export function matmul(args: MatmulArgs): Tensor {
  const where = 'kernels.matmul';
  const transposeA = args.transposeA ?? false;
  const transposeB = args.transposeB ?? false;
  const [aRows, aColumns] = matrix(args.aShape, `${where} aShape`);
  const [bRows, bColumns] = matrix(args.bShape, `${where} bShape`);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== k) {
    throw new ShapeError(
      `${where}: expected equal inner dimensions, got ${formatShape([m, k])} · ${formatShape([inner, n])}`,
    );
  }
  const engine = getEngine();
  return staged(engine, (staging) => {
    const a = staging.input(args.a, args.aShape, `${where} a`);
    const b = staging.input(args.b, args.bShape, `${where} b`);
    const c = staging.floats(m * n);
    const flags = [Number(transposeA), Number(transposeB)] as const;
    const size = engine.query('matmul_workspace', m, n, k, ...flags);
    const workspace = staging.floats(size);
    engine.call('matmul', m, n, k, ...flags, a, b, 0, c, 0, 0, workspace, size);
    return { data: staging.output(c, [m, n], args.out, where), shape: [m, n] };
  });
}

function matrix(shape: Shape, what: string): readonly [number, number] {
  checkShape(shape, what);
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw new ShapeError(`${what}: expected two dimensions, got ${formatShape(shape)}`);
  }
  return [rows, columns];
}
