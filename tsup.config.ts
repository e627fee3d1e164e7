import { cpSync, mkdirSync } from 'node:fs';
import type { PluginBuild } from 'esbuild';
import { defineConfig } from 'tsup';

const target = 'es2022';

/** Other entries take the library from its own bundle, so that there is one of each class and one engine. */
const besideIndex = {
  name: 'beside-index',
  setup(build: PluginBuild) {
    const path = build.initialOptions.format === 'cjs' ? './index.cjs' : './index.js';
    build.onResolve({ filter: /^(\.\.\/){1,2}index$/ }, () => ({ path, external: true }));
    // What the backend of TensorFlow.js takes from below, index exports as well.
    build.onResolve({ filter: /^(\.\.\/)+(runtime\/init|errors)$/ }, ({ importer }) =>
      /[\\/]ts[\\/]tfjs[\\/]/.test(importer) ? { path, external: true } : undefined,
    );
  },
};

export default defineConfig([
  {
    name: 'library',
    entry: { index: 'ts/index.ts', node: 'ts/node/index.ts', tfjs: 'ts/tfjs/index.ts' },
    format: ['esm', 'cjs'],
    platform: 'node',
    target,
    dts: true,
    // CommonJS has no import.meta.url, by which the kernels' files are found.
    shims: true,
    sourcemap: true,
    splitting: false,
    esbuildPlugins: [besideIndex],
  },
  {
    name: 'browser',
    entry: { index: 'ts/index.ts', tfjs: 'ts/tfjs/index.ts' },
    outDir: 'dist/browser',
    format: ['esm'],
    platform: 'browser',
    target,
    sourcemap: true,
    splitting: false,
    esbuildPlugins: [
      besideIndex,
      {
        name: 'browser-loader',
        setup(build) {
          build.onResolve({ filter: /\/(load|workers)Node$/ }, async ({ path, resolveDir }) =>
            build.resolve(path.replace(/Node$/, 'Browser'), { resolveDir, kind: 'import-statement' }),
          );
        },
      },
    ],
  },
  {
    name: 'cli',
    entry: { cli: 'ts/cli/main.ts' },
    format: ['esm'],
    platform: 'node',
    target,
    splitting: false,
    // The command line's packages are bundled, so that installing convgrad installs nothing else.
    noExternal: [/.*/],
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    onSuccess: async () => {
      mkdirSync('dist/report', { recursive: true });
      for (const name of ['uPlot.iife.min.js', 'uPlot.min.css'])
        cpSync(`node_modules/uplot/dist/${name}`, `dist/report/${name}`);
    },
  },
]);
