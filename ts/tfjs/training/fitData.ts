/** The arrays of a training and of its validation, from the arguments of `model.fit`. */

import type * as tf from '@tensorflow/tfjs';
import type { FitOptions, Tensor } from '../../index';
import { type Data, oneOrList, readData, readTensor, sliceBatch, tensorsOf } from './data';
import {
  type Factors,
  multiplyFactors,
  readClassWeight,
  readSampleWeight,
  type SampleWeight,
  sliceFactors,
  toSampleWeight,
} from './factors';

/** What `model.fit` takes beside inputs and targets. */
export interface DataArgs {
  /** Share of the samples, the last ones, kept for validation. */
  readonly validationSplit?: number;
  /** Inputs, targets and factors for validation. */
  readonly validationData?: readonly [x: Data, y: Data, sampleWeight?: SampleWeight];
  /** Factors of classes. */
  readonly classWeight?: object;
  /** Factors of samples. */
  readonly sampleWeight?: SampleWeight;
}

/** Arrays as our models take them. */
export interface FitData {
  /** Inputs. */
  readonly x: readonly Tensor[] | Tensor;
  /** Targets. */
  readonly y: readonly Tensor[] | Tensor;
  /** Factors for the losses of the samples, if any. */
  readonly sampleWeight: FitOptions['sampleWeight'] | undefined;
  /** Those of validation, if any. */
  readonly validationData: FitOptions['validationData'] | undefined;
  /** Whether the samples of each output have factors. */
  readonly isWeighted: readonly boolean[];
}

/** The arrays of training and validation. Factors of classes do not count in validation. @param targets - One for each output. */
export async function readFitData(
  { inputNames, outputNames }: tf.LayersModel,
  x: Data,
  targets: readonly tf.Tensor[],
  args: DataArgs,
  where: string,
): Promise<FitData> {
  const xs = await readData(x, inputNames, `${where}: x`);
  const ys = await Promise.all(targets.map((each) => readTensor(each, `${where}: y`)));
  const own = await readSampleWeight(args.sampleWeight, outputNames, `${where}: sampleWeight`);
  const byClass = readClassWeight(args.classWeight, ys, outputNames, `${where}: classWeight`);
  const both = multiplyFactors(own, byClass);
  const count = ys[0]?.shape[0] ?? 0;
  const whole = {
    ...{ x: oneOrList(xs), y: oneOrList(ys) },
    sampleWeight: toSampleWeight(both, count),
    isWeighted: both.map((each) => each !== undefined),
  };
  const { validationData, validationSplit = 0 } = args;
  if (validationData !== undefined && validationData !== null) {
    const [vx, vy, vWeight] = validationData;
    const what = `${where}: validationData`;
    const vxs = await readData(vx, inputNames, what);
    const vys = await Promise.all(tensorsOf(vy, outputNames, what).map((each) => readTensor(each, what)));
    const factors = await readSampleWeight(vWeight, outputNames, what);
    return { ...whole, validationData: validationOf(vxs, vys, factors) };
  }
  if (!(validationSplit > 0 && validationSplit < 1)) return { ...whole, validationData: undefined };
  const first = Math.floor(count * (1 - validationSplit));
  const part = (list: readonly Tensor[], start: number, end: number): readonly Tensor[] =>
    list.map((each) => sliceBatch(each, start, end));
  return {
    ...whole,
    ...{ x: oneOrList(part(xs, 0, first)), y: oneOrList(part(ys, 0, first)) },
    sampleWeight: toSampleWeight(sliceFactors(both, 0, first), first),
    validationData: validationOf(part(xs, first, count), part(ys, first, count), sliceFactors(own, first)),
  };
}

function validationOf(
  xs: readonly Tensor[],
  ys: readonly Tensor[],
  factors: Factors,
): NonNullable<FitOptions['validationData']> {
  const weights = toSampleWeight(factors, ys[0]?.shape[0] ?? 0);
  return weights === undefined ? [oneOrList(xs), oneOrList(ys)] : [oneOrList(xs), oneOrList(ys), weights];
}
