/**
 * Random configurations of every layer and every loss of the registries: the loss and all gradients against definitions
 * in double precision, whose gradients come from the chain rule on single numbers (test/support/tape.ts). Small
 * integers must come out exactly. A failure prints the smallest configuration that shows it.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../ts';
import { layers } from '../../ts/layers';
import { losses } from '../../ts/losses';
import { philox } from '../../ts/random';
import { draw } from '../support/draw';
import { Tape } from '../support/tape';
import { augmentationDefinitions } from './random/augmentation';
import { catalogueDefinitions } from './random/catalogue';
import { type Configuration, compare } from './random/compare';
import type { Definition } from './random/definition';
import type { LossDefinition } from './random/losses';
import { lossDefinitions as usualLosses } from './random/losses';
import { otherDefinitions } from './random/others';
import { rareLossDefinitions } from './random/rareLosses';
import { weightedDefinitions } from './random/weighted';

const definitions: Readonly<Record<string, Definition>> = {
  ...weightedDefinitions,
  ...otherDefinitions,
  ...catalogueDefinitions,
  ...augmentationDefinitions,
};
const lossDefinitions: Readonly<Record<string, LossDefinition>> = { ...usualLosses, ...rareLossDefinitions };
const RUNS_OF_A_LAYER = 70;
const RUNS_OF_A_WEIGHTED_LAYER = 130;
const RUNS_OF_A_LOSS = 40;
const TOLERANCE = 1e-4;
let configurations = 0;
let exactOnes = 0;

beforeAll(() => init());

/** All that is chosen beside the layer's setting. */
function arbitrary(className: string, lossNames: readonly string[], whole: boolean): fc.Arbitrary<Configuration> {
  const definition = definitions[className] as Definition;
  const minBatch = definition.minBatch ?? 1;
  const names = definition.drops || whole ? ['halfSquaredError'] : lossNames;
  return fc
    .record({
      setting: definition.settings,
      loss: fc.constantFrom(...names).chain((name) => {
        const options = lossDefinitions[name]?.options ?? fc.constant({});
        return options.map((chosen) => ({ name, options: chosen }));
      }),
      batch: definition.drops ? fc.constant(1) : fc.integer({ min: minBatch, max: minBatch + 3 }),
      weighted: fc.boolean(),
      seed: fc.integer({ min: 1, max: 2 ** 30 }),
    })
    .map(({ setting, loss, weighted, ...others }) => ({
      ...{ className, ...setting, ...others, whole },
      options: whole ? exactOptions(className, setting.options) : setting.options,
      loss: fits(className, setting, loss.name) ? loss : { name: 'meanSquaredError', options: {} },
      // Weights belong to samples; rows of classes are samples only where there is one row each.
      weighted: weighted && !whole && lossDefinitions[loss.name]?.classes !== true,
    }));
}

/** Options with an activation that gives whole numbers, for layers whose sums would saturate others. */
function exactOptions(className: string, options: Configuration['options']): Configuration['options'] {
  const isExact = ['linear', 'relu', 'relu6'].includes(String(options.activation));
  return className in weightedDefinitions && !isExact ? { ...options, activation: 'linear' } : options;
}

/** Whether the outputs are ones that the loss takes. */
function fits(
  className: string,
  { inputShapes, options }: Pick<Configuration, 'inputShapes' | 'options'>,
  name: string,
) {
  if (lossDefinitions[name]?.classes !== true) return true;
  const make = (layers as unknown as Record<string, (chosen: unknown) => ReturnType<typeof layers.Flatten>>)[className];
  const { outputShape } = (make as NonNullable<typeof make>)(options).build(inputShapes, 'judged');
  return (outputShape.at(-1) ?? 0) >= 2;
}

function judge(configuration: Configuration): void {
  const layer = definitions[configuration.className] as Definition;
  const loss = lossDefinitions[configuration.loss.name];
  if (loss === undefined) throw new Error(`no definition of ${configuration.loss.name}`);
  const { errors, exact } = compare(configuration, { layer, loss });
  configurations++;
  if (exact) exactOnes++;
  for (const [what, error] of Object.entries(errors)) {
    if (!(error <= TOLERANCE)) throw new Error(`${what}: relative error ${error}`);
  }
}

/** Checks random configurations; the seed is the same in every run. */
function check(configuration: fc.Arbitrary<Configuration>, numRuns: number): void {
  fc.assert(fc.property(configuration, judge), { ...draw(numRuns, 20_261_125), endOnFailure: false });
}

test('every layer and every loss of the registries has a definition here', () => {
  expect(Object.keys(definitions).sort()).toEqual(Object.keys(layers).sort());
  expect(Object.keys(lossDefinitions).sort()).toEqual(Object.keys(losses).sort());
});

describe('layers', () => {
  const lossNames = Object.keys(losses);
  for (const className of Object.keys(layers)) {
    const runs = className in weightedDefinitions ? RUNS_OF_A_WEIGHTED_LAYER : RUNS_OF_A_LAYER;
    test(`${className}: ${runs} configurations`, () => {
      // What a layer dropped shows by gradients that are 0, which those of whole numbers are by themselves too.
      const { drops, rounds } = definitions[className] as Definition;
      const wholeRuns = drops || rounds ? 0 : Math.floor(runs * 0.3);
      check(arbitrary(className, lossNames, false), runs - wholeRuns);
      if (wholeRuns > 0) check(arbitrary(className, lossNames, true), wholeRuns);
    });
  }
});

describe('losses', () => {
  for (const name of Object.keys(losses)) {
    test(`${name}: ${RUNS_OF_A_LOSS} configurations`, () => {
      check(arbitrary('Dense', [name], false), RUNS_OF_A_LOSS / 2);
      check(arbitrary('Reshape', [name], false), RUNS_OF_A_LOSS / 2);
    });
  }
});

test('the judge: derivatives on the tape are central differences', () => {
  for (const [className, definition] of Object.entries(definitions)) {
    const [setting] = fc.sample(definition.settings, { numRuns: 1, seed: 7 });
    if (setting === undefined || className.includes('Dropout')) continue;
    const shape = [4, ...(setting.inputShapes[0] as number[])];
    const size = shape.reduce((a, b) => a * b, 1);
    const make = (layers as unknown as Record<string, (chosen: unknown) => ReturnType<typeof layers.Flatten>>)[
      className
    ];
    const { weights } = (make as NonNullable<typeof make>)(setting.options).build(setting.inputShapes, 'judged');
    /** Σ output · index, with a step of the inputs along a direction. */
    const run = (step: number): { value: number; slope: number } => {
      const tape = new Tape();
      const direction = (index: number): number => Math.sin(index * 7 + 1);
      const at = (index: number): number => Math.cos(index * 3 + 2) + 1.3 + step * direction(index);
      const inputs = setting.inputShapes.map((each) => {
        const count = 4 * each.reduce((a, b) => a * b, 1);
        return { shape: [4, ...each], nodes: Array.from({ length: count }, (_, index) => tape.leaf(at(index))) };
      });
      const given = weights.map((spec) => ({
        shape: spec.shape,
        nodes: Array.from({ length: spec.shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          tape.leaf(Math.sin(i + 1) + 1.1),
        ),
      }));
      const words = (sample: number): readonly number[] => [...philox([sample, 0, 1, 0], [7, 0])];
      const { nodes } = definition.compute(
        { tape, inputs, weights: given, dropped: [], chance: () => 0.3, words },
        setting.options,
      );
      const total = tape.sum(nodes.map((node, index) => tape.affine(node, Math.sin(index + 1))));
      const derivatives = tape.derivatives(total);
      const slopeOf = (list: readonly number[]): number =>
        list.reduce((sum, node, index) => sum + (derivatives[node] as number) * direction(index), 0);
      return { value: tape.value(total), slope: inputs.reduce((sum, { nodes: list }) => sum + slopeOf(list), 0) };
    };
    const difference = (run(1e-6).value - run(-1e-6).value) / 2e-6;
    expect(Math.abs(difference - run(0).slope), className).toBeLessThan(
      1e-5 * (1 + Math.abs(difference)) * Math.sqrt(size),
    );
  }
});

afterAll(() => {
  expect(configurations).toBeGreaterThanOrEqual(2000);
  expect(exactOnes).toBeGreaterThanOrEqual(300);
});
