/** Runs the specs in pages of a Chromium. Files reach them by interception: there is no server. */

import { readFileSync } from 'node:fs';
import { launchChromium } from '../support/chromium.mjs';

const origin = 'http://localhost/';
/**
 * Runs the specs on several backends, each in a browser of its own, at the same time.
 *
 * @param executablePath - The Chromium.
 * @param path - The bundle.
 * @param wasm - The file of kernels.
 * @returns for each backend `{ name, status, message }` of each spec.
 */
export function runInChromium(executablePath, path, backends, simd, wasm) {
  return Promise.all(backends.map((backend) => runPage({ executablePath, path, backend, simd, wasm })));
}

async function runPage({ executablePath, path, backend, simd, wasm }) {
  const browser = await launchChromium(executablePath);
  try {
    const page = await browser.newPage();
    await page.route(`${origin}**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/specs.js') return route.fulfill({ contentType: 'text/javascript', body: readFileSync(path) });
      if (pathname === '/kernels.wasm')
        return route.fulfill({ contentType: 'application/wasm', body: readFileSync(wasm) });
      if (pathname === '/')
        return route.fulfill({ contentType: 'text/html', body: '<!doctype html><meta charset="utf-8">' });
      // Specs ask for files that are not there.
      return route.fulfill({ status: 404, body: '' });
    });
    await page.goto(origin);
    await page.addScriptTag({ url: '/specs.js' });
    return await page.evaluate(
      async ([which, mode]) =>
        globalThis.runConformance(which, mode, await WebAssembly.compileStreaming(fetch('/kernels.wasm'))),
      [backend, simd],
    );
  } finally {
    await browser.close();
  }
}
