/** docs/layers.md has a line for everything that a model is made of, with all options and their defaults. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as c from '../ts';
import * as callbacks from '../ts/callbacks';
import { activationNames } from '../ts/layers/activations';
import * as schedules from '../ts/optimizers/schedules';

type Make = (...given: unknown[]) => { readonly config?: Readonly<Record<string, unknown>> };

const page = readFileSync(new URL('../docs/layers.md', import.meta.url), 'utf8');

/** Rows of the tables of a section, cell by cell. */
function rows(title: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  expect(section, `the section ${title}`).toBeDefined();
  const lines = (section ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** Names in backticks. */
const names = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
const listed = (...titles: string[]): string[] =>
  titles.flatMap((title) => rows(title).map(([first]) => names(first ?? '')[0] ?? ''));

/** Options of a table of shared ones: each with its default. */
function shared(title: string): [string, string][] {
  return rows(title).flatMap(([options = '', defaults = '']) => {
    const values = defaults.split(', ');
    expect(values, options).toHaveLength(names(options).length);
    return names(options).map((name, index): [string, string] => [name, values[index] as string]);
  });
}

/** Options of a cell: `name` or `name` = default, and links to tables of shared ones. */
function optionsOf(cell: string): Map<string, string | undefined> {
  const own = [...cell.matchAll(/`(\w+)`(?: = (\[.*?\]|'.*?'|[^,]+))?/g)].map(
    ([, name, value]): [string, string | undefined] => [name as string, value],
  );
  const links = [...cell.matchAll(/\[(\w)(\w+ options)\]/g)].flatMap(([, head = '', rest = '']) =>
    shared(head.toUpperCase() + rest),
  );
  return new Map([...links, ...own]);
}

/** The options that a function takes, from what it says to one that it does not know. */
function taken(make: Make): string[] {
  try {
    make({ nonsense: 1 });
  } catch (error) {
    const known = /expected only the options (.*), got "nonsense"/.exec((error as Error).message)?.[1];
    if (known !== undefined) return known.split(', ');
  }
  return [];
}

const required: Readonly<Record<string, unknown>> = {
  ...{ filters: 2, kernelSize: 3, units: 2, rate: 0.5, stddev: 0.5, targetShape: [-1], dims: [1], n: 2, scale: 2 },
  ...{ activation: 'relu', boundaries: [1], values: [1, 2], initialLearningRate: 1, decaySteps: 2, decayRate: 0.5 },
  ...{ maxLearningRate: 1, totalSteps: 5, factor: 0.5, heightFactor: 0.5, widthFactor: 0.5, height: 2, width: 2 },
};

/** Whether a value of a configuration is what the page says. */
function means(value: unknown, text: string, config: Readonly<Record<string, unknown>>): boolean {
  if (text === 'none') return value === undefined;
  if (value !== null && typeof value === 'object' && 'className' in value) {
    return text === `'${String(value.className).replace(/^./, (letter) => letter.toLowerCase())}'`;
  }
  const expected = text in config ? config[text] : JSON.parse(text.replaceAll("'", '"'));
  const numbers = Array.isArray(value) && typeof expected === 'number' ? value.flat(2) : [value];
  return numbers.every((each) => JSON.stringify(each) === JSON.stringify(expected));
}

/** Whether a line tells exactly the options that the function takes, and the defaults of its configuration. */
function check(name: string, make: Make, cell: string, silent: readonly string[] = []): void {
  const told = optionsOf(cell);
  expect([...told.keys()].sort(), name).toEqual(
    taken(make)
      .filter((option) => !silent.includes(option))
      .sort(),
  );
  const must = [...told].filter(([, value]) => value === undefined).map(([option]) => option);
  const given = Object.fromEntries(must.map((option) => [option, required[option]]));
  const { config } = make(told.size === 0 ? undefined : given);
  if (config === undefined) return;
  for (const [option, text] of told) {
    if (text === undefined || !(option in config || text === 'none')) continue;
    expect(means(config[option], text, config), `${name}: ${option} = ${text}`).toBe(true);
  }
}

/** What a function makes when the options that it must have are left out. */
function refuses(make: Make, option: string, others: Readonly<Record<string, unknown>>): boolean {
  try {
    make(others);
    return false;
  } catch (error) {
    return (error as Error).message.includes(option);
  }
}

const layerMakers = new Map<string, Make>(
  Object.values(c.layers).map((make) => [make.name, make as unknown as Make] as const),
);

describe('layers', () => {
  const titles = ['Layers with weights', 'Layers without weights'];
  test('each has one line', () => expect(listed(...titles).sort()).toEqual([...layerMakers.keys()].sort()));
  test.each(titles.flatMap(rows))('%s', (cell, options) => {
    const [name = ''] = names(cell);
    const make = layerMakers.get(name) as Make;
    check(name, make, options as string, ['name']);
    for (const [option, value] of optionsOf(options as string)) {
      const others = Object.fromEntries(Object.entries(required).filter(([other]) => other !== option));
      const fitting = Object.fromEntries(Object.entries(others).filter(([other]) => taken(make).includes(other)));
      delete fitting[name === 'activation' ? '' : 'activation'];
      if (name !== 'rescaling') delete fitting.scale;
      expect(refuses(make, option, fitting), `${name} without ${option}`).toBe(value === undefined);
    }
  });
});

const registries: [string, Readonly<Record<string, unknown>>][] = [
  ['Losses', c.losses],
  ['Metrics', c.metrics],
  ['Optimizers', c.optimizers],
  ['Initializers', c.initializers],
  ['Schedules', Object.fromEntries(Object.entries(schedules).filter(([name]) => name !== 'scheduleFromConfig'))],
  ['Callbacks', Object.fromEntries(Object.entries(callbacks).filter(([, value]) => typeof value === 'function'))],
];

describe.each(registries)('%s', (title, registry) => {
  test('each has one line', () => expect(listed(title).sort()).toEqual(Object.keys(registry).sort()));
  test.each(rows(title))('%s', (cell, options) => {
    const [name = ''] = names(cell);
    const make = registry[name] as Make;
    const isPlain = ['constantSchedule', 'learningRateScheduler', 'domProgressBar', 'lambdaCallback'].includes(name);
    if (isPlain) expect(options).toBe('');
    else if (title === 'Callbacks') expect([...optionsOf(options as string).keys()].sort()).toEqual(taken(make).sort());
    else check(name, make, options as string);
  });
});

test('activations, regularizers and constraints each have one line', () => {
  expect(listed('Activations').sort()).toEqual([...activationNames].sort());
  expect(listed('Regularizers')).toEqual(['l1', 'l2', 'l1l2']);
  expect(listed('Constraints')).toEqual(['maxNorm', 'nonNeg']);
});

test('links lead to sections, and the code runs', () => {
  const anchors = [...page.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
  for (const [, anchor] of page.matchAll(/\]\(#([\w-]+)\)/g)) expect(anchors).toContain(anchor);
  const model = c.sequential({
    inputShape: [28, 28, 1],
    layers: [
      c.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
      c.maxPool2d(),
      c.flatten(),
      c.dense({ units: 10 }),
    ],
  });
  expect(page).toContain(`// ${model.outputShape.join()} ${model.layers.length}`);
});
