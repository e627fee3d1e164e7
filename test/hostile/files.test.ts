/**
 * Files that were cut, damaged or made up: always an error of the library's classes or a model, never anything else. The
 * changes are drawn from a fixed seed, so that what fails once fails again.
 */

import { expect, test } from 'vitest';
import * as c from '../../ts';
import { branchedModel, chainModel, layerCases } from '../saving/cases';
import { numbers } from '../support/numbers';

const COUNT = Number(process.env.CONVGRAD_MUTATIONS ?? 3000);

/** Draws whole numbers below a bound. */
function dice(seed: number): (below: number) => number {
  let place = 0;
  let drawn = numbers(seed, 4096);
  return (below) => {
    if (place === drawn.length) {
      place = 0;
      drawn = numbers(Math.floor((drawn[0] as number) * 65536) + seed, 4096);
    }
    return Math.floor((((drawn[place++] as number) + 1) / 2) * below);
  };
}

/** Runs `work`; everything that it throws must be one of the library's errors, with a message. */
function guarded(work: () => { dispose?: () => void } | unknown, what: () => string): boolean {
  try {
    const result = work();
    (result as { dispose?: () => void }).dispose?.();
    return true;
  } catch (error) {
    if (!(error instanceof c.ConvgradError)) {
      throw new Error(`${what()}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    expect(error.message.length).toBeLessThan(2000);
    return false;
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const strange: readonly Json[] = [
  ...[
    null,
    true,
    false,
    '',
    'x',
    'relu',
    '__proto__',
    'constructor',
    [],
    {},
    [[]],
    [null],
    [0, 0],
    { className: 'Zeros' },
  ],
  ...[0, -0, -1, 1, 2, 3, 0.5, 1e-320, 1e15, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -1e300, 'a'.repeat(500)],
  ...[[1, 2, 3, 4, 5, 6, 7, 8, 9], [2 ** 31, 2 ** 31], { length: 3 }, { className: 'toString', config: {} }, { l1: 1 }],
];

/** One of the values in a JSON tree is changed, moved, taken away or given twice. */
function mutate(root: Json, roll: (below: number) => number): Json {
  const places: { parent: Json[] | { [key: string]: Json }; key: string }[] = [];
  const visit = (value: Json): void => {
    if (value === null || typeof value !== 'object') return;
    for (const key of Object.keys(value)) {
      places.push({ parent: value as { [key: string]: Json }, key });
      visit((value as { [key: string]: Json })[key] as Json);
    }
  };
  visit(root);
  const { parent, key } = places[roll(places.length)] as (typeof places)[number];
  const holder = parent as { [key: string]: Json };
  const other = places[roll(places.length)] as (typeof places)[number];
  const value = strange[roll(strange.length)] as Json;
  switch (roll(6)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      holder[key] = structuredClone((other.parent as { [key: string]: Json })[other.key] as Json);
      break;
    case 2:
      if (Array.isArray(parent)) parent.push(structuredClone(parent[0] as Json));
      else holder[`${key}x`] = holder[key] as Json;
      break;
    default:
      holder[key] = structuredClone(value);
  }
  return root;
}

/** A model with every layer that takes an image and gives one, or a row. */
function everyLayer(): c.Model {
  const picture = c.input({ shape: [8, 9, 4] });
  const parts = Object.values(layerCases)
    .flat()
    .filter(({ inputShapes }) => inputShapes.length === 1 && String(inputShapes[0]) === '8,9,4')
    .map(({ layer }) => c.apply(layer, picture))
    // Only a part of each output goes on: the model is to be small.
    .map((value) => c.apply(c.flatten(), value.shape.length === 3 ? c.apply(c.globalMaxPooling2d(), value) : value));
  const row = c.apply(c.dense({ units: 24, kernelConstraint: c.nonNeg() }), c.apply(c.concatenate(), parts));
  const shaped = c.apply(c.reshape({ targetShape: [12, 2] }), row);
  const lines = c.apply(c.conv1d({ filters: 2, kernelSize: 3, padding: 'causal' }), shaped);
  return c.functional({
    inputs: picture,
    outputs: c.apply(c.softmax(), c.apply(c.dropout({ rate: 0.1 }), c.apply(c.flatten(), lines))),
  });
}

function trained(): c.Model {
  const model = c.sequential({
    inputShape: [4],
    layers: [c.dense({ units: 3, kernelRegularizer: c.l1l2() }), c.dense({ units: 2 })],
  });
  model.compile({
    optimizer: c.adam({
      learningRate: c.cosineDecay({ initialLearningRate: 0.1, decaySteps: 10 }),
      clipNorm: 1,
      weightDecay: 0.01,
    }),
    loss: c.huber({ delta: 0.5 }),
    metrics: ['accuracy', c.binaryAccuracy(0.3)],
  });
  model.trainOnBatch(numbers(1, 8), numbers(2, 4));
  return model;
}

const limits = { parameters: 100_000, layers: 200 };

for (const make of [chainModel, branchedModel, everyLayer]) {
  test(`changed JSON of a model (${make.name}) is a model or an error`, () => {
    const json = JSON.stringify(make().toJSON());
    const roll = dice(make.name.length);
    c.modelFromJSON(json, { limits });
    let models = 0;
    for (let turn = 0; turn < COUNT; turn++) {
      let changed = mutate(JSON.parse(json) as Json, roll);
      if (roll(3) === 0) changed = mutate(changed, roll);
      const text = JSON.stringify(changed);
      if (
        guarded(
          () => c.modelFromJSON(text, { limits }),
          () => text.slice(0, 6000),
        )
      )
        models++;
    }
    expect(models).toBeGreaterThan(0);
    expect(models).toBeLessThan(COUNT / 2);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
}

test('a whole file whose texts were changed is a model or an error', () => {
  const { tensors, metadata } = c.decodeSafetensors(c.encodeModel(trained()));
  const roll = dice(7);
  for (let turn = 0; turn < COUNT; turn++) {
    const key = roll(4) === 0 ? 'model' : 'training';
    const changed = JSON.stringify(mutate(JSON.parse(metadata.get(key) as string) as Json, roll));
    const bytes = c.encodeSafetensors(tensors, new Map([...metadata, [key, changed]]));
    guarded(
      () => c.decodeModel(bytes, { limits }),
      () => changed,
    );
  }
});

test('a file that was cut or damaged anywhere is an error', () => {
  const model = trained();
  const bytes = c.encodeModel(model);
  const roll = dice(8);
  let unharmed = 0;
  for (let turn = 0; turn < COUNT; turn++) {
    const changed = roll(4) === 0 ? bytes.slice(0, roll(bytes.length)) : bytes.slice();
    for (let hits = roll(3) + Number(changed.length === bytes.length); hits > 0 && changed.length > 0; hits--) {
      const at = roll(2) === 0 ? roll(changed.length) : roll(Math.min(changed.length, 60));
      changed[at] = roll(2) === 0 ? roll(256) : (changed[at] as number) ^ (1 << roll(8));
    }
    if (Buffer.compare(changed, bytes) === 0) continue;
    if (
      guarded(
        () => c.decodeModel(changed),
        () => `turn ${turn}`,
      )
    )
      unharmed++;
  }
  expect(unharmed).toBe(0);
});

test('a header that was changed under a right checksum is a file or an error', () => {
  const bytes = c.encodeModel(trained());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const roll = dice(9);
  for (let turn = 0; turn < COUNT; turn++) {
    const header = JSON.parse(text) as { __metadata__: Record<string, Json> } & Record<string, Json>;
    // Without the checksum nothing is compared.
    delete header.__metadata__.xxh32;
    const changed = new TextEncoder().encode(JSON.stringify(mutate(header as Json, roll)));
    const file = new Uint8Array(8 + changed.length + bytes.length - 8 - length);
    new DataView(file.buffer).setUint32(0, changed.length, true);
    file.set(changed, 8);
    file.set(bytes.subarray(8 + length), 8 + changed.length);
    guarded(
      () => c.decodeSafetensors(file),
      () => new TextDecoder().decode(changed),
    );
    guarded(
      () => c.decodeModel(file),
      () => new TextDecoder().decode(changed),
    );
  }
});

test('changed models of TensorFlow.js are a model or an error', () => {
  const roll = dice(10);
  const model = branchedModel();
  const { modelTopology, weightSpecs, weightData } = c.modelToLayersModel(model);
  let models = 0;
  for (let turn = 0; turn < COUNT; turn++) {
    const part = roll(4);
    const changed = {
      modelTopology: (part > 0 ? mutate(structuredClone(modelTopology) as Json, roll) : modelTopology) as object,
      weightSpecs: (part === 0
        ? mutate(structuredClone(weightSpecs) as unknown as Json, roll)
        : weightSpecs) as typeof weightSpecs,
      weightData: roll(20) === 0 ? (weightData as ArrayBuffer).slice(0, roll(1000)) : weightData,
    };
    if (
      guarded(
        () => c.modelFromLayersModel(changed, { limits }),
        () => JSON.stringify(changed).slice(0, 6000),
      )
    )
      models++;
  }
  expect(models).toBeGreaterThan(0);
});
