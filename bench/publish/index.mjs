/**
 * Puts records into the documents. A document names its record where it wants a table:
 *
 *     <!-- record: bench/records/FILE.json, table: steps -->
 *     …
 *     <!-- end of record -->
 *
 * What stands between is written by this program, as are the pictures in docs/performance. The record may be `none`:
 * then nothing stands there.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernelChart, stepChart } from './chart.mjs';
import { scaleCharts } from './scale.mjs';
import { engineTable, kernelTable, stepTable } from './tables.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'docs/performance.md',
  'docs/performance/layers.md',
  'docs/performance/networks.md',
  'docs/tfjs.md',
];
const tables = { steps: stepTable, kernels: kernelTable, engines: engineTable };
const charts = { steps: stepChart, kernels: kernelChart, scale: scaleCharts };
const headings = { steps: 'Steps and inference', kernels: 'Kernels', scale: 'As the work grows' };
const block = /<!-- record: (\S+), (table|chart): (\w+) -->\n[\s\S]*?<!-- end of record -->/g;

/**
 * All files as they should be, from the records that the documents name.
 *
 * @param record A record that takes the place of those of its name but for the date, and of `none`; or undefined.
 * @returns {Map<string, string>} texts by their paths.
 */
export function render(record) {
  const files = new Map();
  for (const path of documents) {
    const text = readFileSync(join(root, path), 'utf8').replace(block, (_whole, old, form, name) => {
      const file = record !== undefined && succeeds(record, old) && content(record, form, name) !== '' ? record : old;
      const made = content(file, form, name);
      const body = form === 'table' ? tableBody(made, path, file) : chartBody(made, path, name, files);
      return [`<!-- record: ${file}, ${form}: ${name} -->`, ...body, '<!-- end of record -->'].join('\n\n');
    });
    files.set(path, text);
  }
  return files;
}

/** Whether a record is a later one of the same measurement: `DATE-NAME.json`. */
function succeeds(record, old) {
  const nameOf = (file) => basename(file).replace(/^\d{4}-\d{2}-\d{2}-/, '');
  return old === 'none' || nameOf(record) === nameOf(old);
}

function tableBody(table, document, file) {
  return table === '' ? [] : [table, `The record: [${file}](${link(document, file)}).`];
}

/** A heading and pictures, which become files. */
function chartBody(pictures, document, name, files) {
  if (pictures === '') return [];
  const lines = Object.entries(pictures).map(([title, svg]) => {
    const path = `docs/performance/${title}.svg`;
    files.set(path, svg);
    return `![${title.replaceAll('-', ' ')}](${link(document, path)})`;
  });
  return [`## ${headings[name]}`, ...lines];
}

/** A table's text, or a chart's pictures by name; empty when the record has no such rows. */
function content(file, form, name) {
  if (file === 'none') return '';
  const record = JSON.parse(readFileSync(join(root, file), 'utf8'));
  if (form === 'table') return tables[name](record);
  const made = charts[name](record);
  if (made === '' || typeof made !== 'string') return made;
  return { [name]: made };
}

/** A path as a document in another folder names it. */
function link(document, path) {
  return posix.relative(posix.dirname(document), path);
}

/** Files that are not as the records say. */
export function outdated() {
  return [...render()].filter(([path, text]) => read(path) !== text).map(([path]) => path);
}

/** A record that cannot be published. */
export class PublishError extends Error {}

/**
 * Writes what is not as it should be.
 *
 * @param record As that of {@link render}.
 * @returns its paths.
 * @throws {PublishError} when there is no such record, or when no document has a place for it.
 */
export function publish(record) {
  if (record !== undefined && !existsSync(join(root, record))) {
    throw new PublishError(
      `publish: expected a record, as bench/records/DATE-NAME.json, got ${record}, which does not exist`,
    );
  }
  const files = render(record);
  if (record !== undefined && ![...files.values()].some((text) => text.includes(`<!-- record: ${record},`))) {
    const names = documents.join(', ');
    throw new PublishError(
      `publish: expected a record that ${names} has a place for, got ${record}; nothing was written`,
    );
  }
  const changed = [...files].filter(([path, text]) => read(path) !== text);
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return changed.map(([path]) => path);
}

function read(path) {
  const full = join(root, path);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}
