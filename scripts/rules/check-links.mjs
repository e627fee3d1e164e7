/** A link of a document to a file of the repository finds it, and its heading where one is named. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { listFiles } from './files.mjs';

const folders = ['docs', 'ts', 'test', 'bench', 'examples'];
const link = /\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)/g;

/** @returns every link without its file or heading. */
export function checkLinks(root) {
  const above = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = folders.flatMap((folder) => listFiles(join(root, folder), ['.md']));
  const documents = [...above.map((name) => join(root, name)), ...below];
  return documents.flatMap((document) =>
    [...withoutCode(readFileSync(document, 'utf8')).matchAll(link)]
      .filter(([, path, heading]) => !leads(path === '' ? document : join(dirname(document), path), heading))
      .map(([text]) => `${relative(root, document)}: ${text.slice(1)} leads nowhere`),
  );
}

function leads(path, heading) {
  if (!existsSync(path)) return false;
  return heading === undefined || headings(readFileSync(path, 'utf8')).includes(heading);
}

function withoutCode(text) {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

/** The headings of a document as GitHub names them in addresses. */
function headings(text) {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
