/** The Chromium that tests look at pages with. */

import { chromium } from 'playwright';

// Without these Chromium asks the network for things of its own.
const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const args = ['--no-sandbox', '--disable-gpu', '--disable-component-update', ...quiet];

/** Starts the browser. @param executablePath - The program; default that of the environment, else Playwright's own. */
export function launchChromium(executablePath = process.env.CHROMIUM) {
  return chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args });
}
