/** The rules of the house find what breaks them. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkDocs } from '../../scripts/rules/check-docs.mjs';
import { checkImports } from '../../scripts/rules/check-imports.mjs';
import { checkLinks } from '../../scripts/rules/check-links.mjs';
import { checkSize } from '../../scripts/rules/check-size.mjs';
import { checkUnsafe } from '../../scripts/rules/check-unsafe.mjs';
import { temporaryFolder } from '../support/folder';

function project(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('imports against the direction, between siblings, and platform names out of place', () => {
  const root = project({
    'ts/plan/a.ts': "import { x } from '../layers/b';",
    'ts/losses/a.ts': "import { x } from '../metrics/b';",
    'ts/layers/b.ts': "import { x } from '../plan/a';\nimport { y } from '../shape';",
    'ts/layers/c.ts': "import { readFileSync } from 'node:fs';",
    'ts/train/w.ts': 'new WebAssembly.Memory({ initial: 1 });',
    'crate/src/gemm/mod.rs': 'use crate::kernels::bias;',
    'crate/src/kernels/x.rs': 'use core::arch::wasm32::*;',
    'crate/src/kernels/y.rs': '// core::arch may be named in a comment\nuse crate::vector::F32x4;',
  });
  const broken = checkImports(root);
  expect(broken.map((line) => line.split(':')[0])).toEqual([
    'ts/losses/a.ts',
    'ts/plan/a.ts',
    'crate/src/gemm/mod.rs',
    'ts/layers/c.ts',
    'ts/train/w.ts',
    'crate/src/kernels/x.rs',
  ]);
});

test('unsafe out of place or without its reason', () => {
  const root = project({
    'crate/src/kernels/a.rs': '// SAFETY: none\nunsafe { x() }',
    'crate/src/memory.rs': 'unsafe { x() }',
    'crate/src/abi/mod.rs': '// SAFETY: checked\nunsafe { x() }',
  });
  expect(checkUnsafe(root)).toEqual([
    'crate/src/kernels/a.rs:2: unsafe is not allowed here',
    'crate/src/memory.rs:1: an unsafe block without a SAFETY comment',
  ]);
});

test('files that are too long and exports without a comment', () => {
  const root = project({
    'ts/long.ts': '/** x */\n'.repeat(501),
    'ts/a.ts': '/** A file. */\n\nexport const x = 1;\n/** Told. */\nexport interface I {\n  y: number;\n}\n',
    'ts/b.ts': 'const x = 1;\n',
  });
  expect(checkSize(root, () => {})).toEqual(['ts/long.ts: 501 lines, expected at most 500']);
  expect(checkDocs(root)).toEqual([
    'ts/a.ts:3: an export without a comment',
    'ts/a.ts:6: y has no comment',
    'ts/b.ts: expected a comment at the top that says what the file is for',
  ]);
});

test('links that lead nowhere', () => {
  const root = project({
    'README.md':
      '# A\n\n[b](docs/b.md) [its part](docs/b.md#the-33-part) [here](#a) `f[0](x)` [out](https://x.y/#z) [c](docs/c.md)\n',
    'docs/b.md': '# B\n\n## The 3×3 `part`\n\n[up](../README.md) [no part](#c) [no file](d/e.json)\n\n```\n## C\n```\n',
  });
  expect(checkLinks(root)).toEqual([
    'README.md: (docs/c.md) leads nowhere',
    'docs/b.md: (#c) leads nowhere',
    'docs/b.md: (d/e.json) leads nowhere',
  ]);
});
