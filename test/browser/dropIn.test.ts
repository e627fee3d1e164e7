/** examples/tfjs-drop-in in a page of Chromium: its table fills, with the same numbers three times. */

import type { Server } from 'node:http';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../examples/tfjs-drop-in/serve.mjs';
import { launchChromium } from '../support/chromium.mjs';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

test('the page trains three times and shows the times', async () => {
  const { server, url } = (await serve()) as { server: Server; url: string };
  const page = await browser.newPage();
  await page.goto(`${url}?pictures=32`);
  const status = page.locator('#status');
  await expect.poll(() => status.textContent(), { timeout: 100_000, interval: 200 }).toMatch(/^(Done\.|\w*Error)/);
  expect(await status.textContent()).toBe('Done.');
  const rows = await page.locator('#rows tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('td').allTextContents()));
  expect(cells.map(([name]) => name)).toEqual(['tfjs, cpu backend', 'convgrad as backend', 'convgrad, trainWith']);
  const [[, loss, accuracy] = []] = cells;
  for (const [, otherLoss, otherAccuracy] of cells) {
    expect(Math.abs(Number(otherLoss) - Number(loss))).toBeLessThanOrEqual(1e-3);
    expect(otherAccuracy).toBe(accuracy);
  }
  await page.close();
  server.close();
});
