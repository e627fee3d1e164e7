/** The part of a step between forward and backward: the losses of all outputs, their sum, and their gradients. */

import type { Value } from '../layers/layer';
import type { Compared } from '../losses/loss';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Head } from './heads';
import { lossOf } from './lossMetric';

/** The buffers of an output that has a loss. */
export interface HeadBuffers {
  /** What the output is compared with. */
  readonly target: Buffer;
  /** A weight for each sample, where they have one. */
  readonly weights: Buffer | undefined;
  /** The loss of this output, without its factor and without penalties where there are several; one number. */
  readonly loss: Buffer;
  /** Of each metric that is a loss its value, one number; none for `explain`. */
  readonly lossMetrics: readonly Buffer[];
}

/** What {@link emitLosses} leaves. */
export interface EmittedLosses {
  /** One for each head. */
  readonly heads: readonly HeadBuffers[];
  /** The sum of all losses, each with its factor. */
  readonly loss: Buffer;
  /** What each loss compares. */
  readonly compared: readonly Compared[];
}

/** Emits all losses, the metrics that are losses, and the sum. @param outputs - All outputs of the model. */
export function emitLosses(
  builder: PlanBuilder,
  heads: readonly Head[],
  outputs: readonly Value[],
  { weighted, withMetrics }: { readonly weighted: boolean; readonly withMetrics: boolean },
): EmittedLosses {
  const compared: Compared[] = [];
  const buffers = heads.map((head, index): HeadBuffers => {
    const { buffer: output, shape } = outputs[head.output] as Value;
    const suffix = heads.length === 1 ? '' : ` of ${head.name}`;
    const target = builder.temporary(`Y${suffix}`, [builder.batch, ...head.targetShape]);
    const weights = weighted ? builder.temporary(`sample weights${suffix}`, [builder.batch]) : undefined;
    const loss = builder.temporary(`loss${suffix}`, [1]);
    const own = { output, shape, target, weights };
    compared.push(own);
    builder.scope(scopeOf(heads, index), 'loss', () => head.loss.emitForward(builder, own, loss));
    return { target, weights, loss, lossMetrics: withMetrics ? emitLossMetrics(builder, heads, index, own) : [] };
  });
  return { heads: buffers, loss: emitSum(builder, heads, buffers), compared };
}

/** Emits the gradient of the sum by each output that has a loss. */
export function emitLossGradients(
  builder: PlanBuilder,
  heads: readonly Head[],
  compared: readonly Compared[],
): Buffer[] {
  return heads.map(({ loss, weight }, index) =>
    builder.scope(scopeOf(heads, index), 'backward', () => {
      const gradient = loss.emitGradient(builder, compared[index] as Compared);
      if (weight === 1) return gradient;
      const weighted = builder.temporary('weighted gradient', gradient.shape);
      builder.call('affine', [gradient.size, weight, 0, read(gradient), write(weighted)], gradient.size);
      builder.record('gradient', weighted);
      return weighted;
    }),
  );
}

/** The name by which a loss finds its buffers, different for each output. */
export function scopeOf(heads: readonly Head[], index: number): string {
  const { loss, name } = heads[index] as Head;
  return heads.length === 1 ? loss.name : `${loss.name} of ${name}`;
}

/** `Σ weight · loss`; the loss itself where there is nothing to sum. */
function emitSum(builder: PlanBuilder, heads: readonly Head[], buffers: readonly HeadBuffers[]): Buffer {
  return builder.scope('loss', 'loss', () => {
    const terms = heads.map(({ weight }, index) => {
      const { loss } = buffers[index] as HeadBuffers;
      if (weight === 1) return loss;
      const term = builder.temporary('weighted', [1]);
      builder.call('affine', [1, weight, 0, read(loss), write(term)], 1);
      return term;
    });
    return terms.reduce((left, right) => {
      const sum = builder.temporary('sum', [1]);
      builder.call('add', [1, read(left), read(right), write(sum)], 1);
      return sum;
    });
  });
}

/** The values of losses that are only reported. Samples count alike: metrics have no weights, as in Keras. */
function emitLossMetrics(
  builder: PlanBuilder,
  heads: readonly Head[],
  head: number,
  compared: Compared,
): readonly Buffer[] {
  const { metrics, name } = heads[head] as Head;
  const losses = metrics.map(lossOf).filter((loss) => loss !== undefined);
  const suffix = heads.length === 1 ? '' : ` of ${name}`;
  return losses.map((loss, index) =>
    builder.scope(`metric ${index} ${loss.name}${suffix}`, 'loss', () => {
      const value = builder.temporary('value', [1]);
      loss.emitForward(builder, { ...compared, weights: undefined }, value);
      return value;
    }),
  );
}
