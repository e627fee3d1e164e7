/** Files of models in Node: never half written, whatever stops the writer. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import * as c from '../../ts';
import { loadModel, saveModel, writeFileAtomic } from '../../ts/node';
import { chainModel } from '../saving/cases';
import { temporaryFolder } from '../support/folder';
import { numbers } from '../support/numbers';

test('a saved model is loaded again; nothing else remains beside it', async () => {
  const own = temporaryFolder();
  const model = chainModel();
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const path = join(own, 'model.safetensors');
  await saveModel(model, path);
  model.trainOnBatch(numbers(1, 4 * 162), [0, 1, 2, 0]);
  await saveModel(model, pathToFileURL(path));
  const twin = await loadModel(path);
  expect(c.encodeModel(twin)).toEqual(c.encodeModel(model));
  expect(new Uint8Array(readFileSync(path))).toEqual(c.encodeModel(model));
  await saveModel(model, path, { includeOptimizer: false });
  expect((await loadModel(pathToFileURL(path))).getCompileConfig()).toBeUndefined();
  expect(readdirSync(own)).toEqual(['model.safetensors']);
});

test('what cannot be read or written says where and leaves nothing', async () => {
  const own = temporaryFolder();
  const path = join(own, 'model.safetensors');
  const model = chainModel();
  await expect(loadModel(path)).rejects.toThrow('ENOENT');
  await expect(loadModel(own)).rejects.toThrow(`${own}: expected a file`);
  await expect(saveModel(model, join(own, 'none', 'x'))).rejects.toThrow('ENOENT');
  mkdirSync(path);
  writeFileSync(join(path, 'something'), 'there');
  await expect(saveModel(model, path)).rejects.toThrow();
  expect(readdirSync(own)).toEqual(['model.safetensors']);
  const broken = join(own, 'broken');
  writeFileSync(broken, c.encodeModel(model).subarray(0, 1000));
  await expect(loadModel(broken)).rejects.toThrow(`${broken}: expected`);
  await expect(loadModel(broken)).rejects.toThrow(c.FormatError);
  await expect(loadModel(broken, { limits: { bytes: 10 } })).rejects.toThrow(
    `${broken}: expected at most 10 bytes, got 1000`,
  );
  await expect(saveModel(model, broken, { nonsense: 1 } as object)).rejects.toThrow('got "nonsense"');
  expect(readFileSync(broken)).toHaveLength(1000);
});

test('a link stays a link, and the file that it leads to is replaced', async () => {
  const own = temporaryFolder();
  writeFileSync(join(own, 'real'), 'old');
  symlinkSync(join(own, 'real'), join(own, 'link'));
  await writeFileAtomic(join(own, 'link'), new TextEncoder().encode('new'));
  expect(readFileSync(join(own, 'real'), 'utf8')).toBe('new');
  expect(readdirSync(own).sort()).toEqual(['link', 'real']);
});

test('many writers of one file leave one whole file', async () => {
  const own = temporaryFolder();
  const path = join(own, 'file');
  const contents = Array.from({ length: 20 }, (_, index) => new Uint8Array(100_000 + index).fill(index));
  await Promise.all(contents.map((bytes) => writeFileAtomic(path, bytes)));
  const read = readFileSync(path);
  expect(read.every((byte) => byte === read[0])).toBe(true);
  expect(read).toHaveLength(100_000 + (read[0] as number));
  expect(readdirSync(own)).toEqual(['file']);
});

test('a writer that is killed at any moment leaves the old file or the new one', async () => {
  const own = temporaryFolder();
  const path = join(own, 'model.safetensors');
  const script = join(own, 'writer.mjs');
  const dist = (name: string): string =>
    pathToFileURL(fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url))).href;
  writeFileSync(
    script,
    `import { dense, sequential } from ${JSON.stringify(dist('index'))};
import { saveModel } from ${JSON.stringify(dist('node'))};
const model = sequential({ inputShape: [1000], layers: [dense({ units: 500, kernelInitializer: 'zeros' })] });
const [kernel, bias] = model.getWeights();
for (let value = 1; ; value++) {
  kernel.data.fill(value);
  model.setWeights([kernel, bias]);
  await saveModel(model, ${JSON.stringify(path)});
  console.log(value);
}`,
  );
  for (let kill = 0; kill < 12; kill++) {
    const writer: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    // Some files, then a moment that differs from kill to kill.
    for (let seen = 0; seen <= kill % 3; seen++) await once(writer.stdout as NodeJS.ReadableStream, 'data');
    await new Promise((resolve) => setTimeout(resolve, (kill * 7) % 11));
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    const [{ data }] = (await loadModel(path)).getWeights() as [c.NamedTensor];
    expect(data[0]).toBeGreaterThan(0);
    expect(data.every((value) => value === data[0])).toBe(true);
  }
});
