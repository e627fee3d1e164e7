/** Finds a Chromium for the browser tests: Playwright's own, the system's, or Debian's package. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { aptInstall } from './rust.mjs';
import { capture } from './shell.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @returns {{ path?: string, reason?: string }} the program, or why there is none. */
export function findChromium() {
  const found = ownOfPlaywright() ?? ofSystem();
  if (found !== undefined) return { path: found };
  if (aptInstall(['chromium'])) {
    const installed = ofSystem();
    if (installed !== undefined) return { path: installed };
  }
  return { reason: 'no Chromium was found and none could be installed; run: npx playwright install chromium' };
}

function ownOfPlaywright() {
  try {
    const { chromium } = createRequire(import.meta.url)('playwright');
    const path = chromium.executablePath();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function ofSystem() {
  return names.map((name) => capture('which', [name])).find((path) => path);
}
