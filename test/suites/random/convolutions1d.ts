/** Convolutions of sequences by channel or transposed: how the random suite configures and defines them. */

import fc from 'fast-check';
import type { ActivationName } from '../../../ts';
import type { Nodes } from '../../support/tape';
import { activate } from './activations';
import { activation, type Definition, first, type Given, integer, type Options } from './definition';
import { type Border, convolve, convolveTransposed } from './images';

const common = { activation, useBias: fc.boolean(), kernelSize: integer(1, 5), strides: integer(1, 3) };

/** A sequence as an image of one row. */
const row = ({ shape: [batch = 1, ...rest], nodes }: Nodes): Nodes => ({ shape: [batch, 1, ...rest], nodes });
/** A kernel as one of images of one row. */
const flat = ({ shape, nodes }: Nodes): Nodes => ({ shape: [1, ...shape], nodes });
const finish = ({ tape }: Given, { shape: [batch = 1, , ...rest], nodes }: Nodes, options: Options): Nodes =>
  activate(tape, { shape: [batch, ...rest], nodes }, options.activation as ActivationName);

const depthwiseSettings = fc.record({
  options: fc.record({
    ...common,
    dilationRate: integer(1, 3),
    depthMultiplier: integer(1, 3),
    padding: fc.constantFrom('valid', 'same', 'causal'),
  }),
  channels: integer(1, 9),
  extra: integer(0, 5),
});

function sequenceFor(
  { kernelSize, dilationRate, padding }: { kernelSize: number; dilationRate: number; padding: string },
  channels: number,
  extra: number,
): number[] {
  return [(padding === 'valid' ? (kernelSize - 1) * dilationRate : 0) + 1 + extra, channels];
}

function depthwise(given: Given, options: Options, bias: Nodes | undefined): Nodes {
  const { shape, nodes } = first(given.weights);
  const [length, channels, multiplier] = shape as [number, number, number];
  const before = (length - 1) * (options.dilationRate as number);
  const causal: Border = [
    [0, 0],
    [before, 0],
  ];
  const grouped = { shape: [1, length, 1, channels * multiplier], nodes };
  return convolve(given.tape, row(first(given.inputs)), grouped, bias, {
    strides: [1, options.strides as number],
    dilations: [1, options.dilationRate as number],
    padding: options.padding === 'causal' ? causal : (options.padding as Border),
    groups: channels,
  });
}

/** By Keras's class name. */
export const sequenceConvolutions: Readonly<Record<string, Definition>> = {
  Conv1DTranspose: {
    settings: fc
      .record({
        options: fc.record({
          ...common,
          filters: integer(1, 5),
          dilationRate: integer(1, 3),
          padding: fc.constantFrom('valid', 'same'),
        }),
        extra: fc.option(integer(0, 2)),
        shape: fc.tuple(integer(1, 6), integer(1, 5)),
      })
      .map(({ options, extra, shape }) => {
        const odd = ((options.kernelSize - 1) * options.dilationRate + 1) % 2;
        // One that leads back to the size of the input.
        const least = options.padding === 'same' ? 1 - odd : 0;
        const fits = extra !== null && least < options.strides;
        const outputPadding = fits ? { outputPadding: Math.min(Math.max(extra, least), options.strides - 1) } : {};
        return { inputShapes: [shape], options: { ...options, ...outputPadding } };
      }),
    compute(given, options) {
      const [weights, bias] = given.weights as [Nodes, Nodes?];
      const extra = options.outputPadding as number | undefined;
      const z = convolveTransposed(given.tape, row(first(given.inputs)), flat(weights), bias, {
        strides: [1, options.strides as number],
        dilations: [1, options.dilationRate as number],
        padding: options.padding as 'valid' | 'same',
        outputPadding: extra === undefined ? undefined : [0, extra],
      });
      return finish(given, z, options);
    },
  },
  DepthwiseConv1D: {
    settings: depthwiseSettings.map(({ options, channels, extra }) => ({
      inputShapes: [sequenceFor(options, channels, extra)],
      options,
    })),
    compute: (given, options) => finish(given, depthwise(given, options, given.weights[1]), options),
  },
  SeparableConv1D: {
    settings: fc
      .record({ base: depthwiseSettings, filters: integer(1, 6) })
      .map(({ base: { options, channels, extra }, filters }) => ({
        inputShapes: [sequenceFor(options, channels, extra)],
        options: { filters, ...options },
      })),
    compute(given, options) {
      const [, pointwise, bias] = given.weights as [Nodes, Nodes, Nodes?];
      const between = depthwise(given, options, undefined);
      const sizes = { strides: [1, 1], dilations: [1, 1], padding: 'valid', groups: 1 } as const;
      return finish(given, convolve(given.tape, between, flat(pointwise), bias, sizes), options);
    },
  },
};
