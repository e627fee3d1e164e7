/**
 * Imports go one way. TypeScript: cli, examples → index → train → model → layers, losses, … → plan → runtime →
 * generated; siblings do not import each other. Rust: abi → kernels, optimizers → gemm, threads → vector. Platform
 * names stay in their places.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { listFiles } from './files.mjs';

/** What each folder of ts/ may import, beside itself and the free files at its root. */
const allowed = {
  generated: [],
  runtime: ['generated'],
  kernels: ['runtime'],
  plan: ['runtime'],
  initializers: [],
  data: [],
  io: [],
  layers: ['plan', 'runtime', 'initializers'],
  losses: ['plan'],
  optimizers: ['plan'],
  metrics: [],
  callbacks: ['optimizers', 'io'],
  model: ['layers', 'losses', 'optimizers', 'metrics', 'plan', 'runtime'],
  train: ['model', 'layers', 'losses', 'optimizers', 'metrics', 'callbacks', 'io', 'plan', 'runtime'],
  saving: ['train', 'model', 'layers', 'losses', 'optimizers', 'metrics', 'initializers', 'io'],
  index: [
    'saving',
    'train',
    'model',
    'layers',
    'losses',
    'optimizers',
    'metrics',
    'callbacks',
    'initializers',
    'io',
    'kernels',
    'plan',
    'runtime',
  ],
  node: ['index'],
  tfjs: ['index', 'runtime'],
  cli: ['index', 'data'],
};
const free = ['config', 'elementary', 'errors', 'shape', 'tensor', 'random', 'options', 'constraints', 'regularizers'];

/** What each module of the crate may use. */
const allowedRust = {
  abi: ['error', 'geometry', 'kernels', 'memory', 'optimizers', 'threads'],
  kernels: ['error', 'geometry', 'gemm', 'threads', 'vector', 'kernels'],
  optimizers: ['kernels', 'threads', 'vector'],
  gemm: ['vector', 'gemm'],
  threads: ['vector'],
  vector: [],
  geometry: ['error'],
  memory: ['error'],
  error: [],
};

/** Words and the only places where they may stand. */
const places = [
  { word: /\bcore::arch\b/, where: /^crate\/src\/(vector|threads)\// },
  { word: /\bwasm_bindgen\b/, where: /^crate\/src\/abi\// },
  { word: /\b(WebAssembly\.\w|SharedArrayBuffer\b|new Worker\b)/, where: /^ts\/runtime\// },
  { word: /from 'node:/, where: /^ts\/(cli\/|node\/|runtime\/\w+Node\.ts$)/ },
];

/** Comments may name what they explain. */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

function part(root, path) {
  const [first = ''] = relative(join(root, 'ts'), path).split('/');
  return first.replace(/\.ts$/, '');
}

/** @returns every broken rule, a line each. */
export function checkImports(root) {
  const broken = [];
  for (const file of listFiles(join(root, 'ts'), ['.ts'])) {
    const here = part(root, file);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    for (const { fileName } of importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const there = part(root, resolve(dirname(file), fileName));
      if (there === here || free.includes(there)) continue;
      if (!(allowed[here] ?? []).includes(there)) {
        broken.push(`${relative(root, file)}: ${here} may not import ${there} (${fileName})`);
      }
    }
  }
  for (const file of listFiles(join(root, 'crate/src'), ['.rs'])) {
    const [here = ''] = relative(join(root, 'crate/src'), file).replace(/\.rs$/, '').split('/');
    if (here === 'lib') continue;
    for (const [, there] of withoutComments(readFileSync(file, 'utf8')).matchAll(/\bcrate::(\w+)/g)) {
      if (there !== here && !(allowedRust[here] ?? []).includes(there)) {
        broken.push(`${relative(root, file)}: ${here} may not use ${there}`);
      }
    }
  }
  for (const file of [...listFiles(join(root, 'ts'), ['.ts']), ...listFiles(join(root, 'crate/src'), ['.rs'])]) {
    const path = relative(root, file);
    for (const { word, where } of places) {
      const [found] = word.exec(withoutComments(readFileSync(file, 'utf8'))) ?? [];
      if (found !== undefined && !where.test(path)) broken.push(`${path}: ${found} may only stand in ${where.source}`);
    }
  }
  return broken;
}
