/** What the package exports is what its docs name: helpers of the library's own are not part of the API by accident. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as convgrad from '../ts';
import * as node from '../ts/node';
import * as tfjs from '../ts/tfjs';

const root = new URL('..', import.meta.url);
const pages = ['README.md', ...readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'))];
const text = pages.map((page) => readFileSync(new URL(page === 'README.md' ? page : `docs/${page}`, root), 'utf8'));
const words = new Set(text.join('\n').match(/\w+/g));

test.each(Object.entries({ convgrad, node, tfjs }))('every name that %s exports stands in the docs', (_, exported) => {
  expect(Object.keys(exported).length).toBeGreaterThan(1);
  expect(Object.keys(exported).filter((name) => !words.has(name))).toEqual([]);
});
