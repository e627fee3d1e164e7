/** Bundles the specs. Annotations are ignored: package.json calls files without side effects that are all effect. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../scripts/setup/shell.mjs';

/** In a page the kernels and workers are loaded by other files than in Node, as in the package. */
const browserLoader = {
  name: 'browser-loader',
  setup(build) {
    build.onResolve({ filter: /\/(load|workers)Node$/ }, ({ path, resolveDir }) =>
      build.resolve(path.replace(/Node$/, 'Browser'), { resolveDir, kind: 'import-statement' }),
    );
  },
};

/** @returns the bundle's path. */
export async function bundle(platform, entry = 'entry') {
  const outfile = join(root, '.cache', 'conformance', `${entry}.${platform === 'node' ? 'cjs' : 'js'}`);
  mkdirSync(join(outfile, '..'), { recursive: true });
  await build({
    entryPoints: [join(root, `test/conformance/${entry}.js`)],
    outfile,
    bundle: true,
    platform,
    format: platform === 'node' ? 'cjs' : 'iife',
    target: 'es2022',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true,
    // Jasmine is bundled as a module of Node.
    define: { 'import.meta.url': '"file:///"', ...(platform === 'browser' && { global: 'globalThis' }) },
    plugins: platform === 'node' ? [] : [browserLoader],
    logLevel: 'error',
  });
  return outfile;
}
