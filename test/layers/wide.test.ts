/** Windows and filters over very many channels: what does not depend on how many others there are has no limit of its own. */

import { expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers } from '../support/numbers';

const STEPS = 1024;
const CHANNELS = 1024;
const x = numbers(3, STEPS * CHANNELS);
const column = (channel: number): Float32Array =>
  Float32Array.from({ length: STEPS }, (_, n) => x[n * CHANNELS + channel] as number);

/** What a layer makes of the sequence. */
async function outputs(layer: c.Layer): Promise<Float32Array> {
  const model = c.sequential({ inputShape: [STEPS, CHANNELS], layers: [layer, c.flatten()] });
  const { data } = await model.predict({ data: x, shape: [1, STEPS, CHANNELS] });
  model.dispose();
  return data;
}

test.each(['globalMaxPooling1d', 'maxPooling1d'] as const)('%s: the largest of a thousand steps', async (name) => {
  const y = await outputs(name === 'maxPooling1d' ? c.maxPooling1d({ poolSize: STEPS }) : c.globalMaxPooling1d());
  for (let channel = 0; channel < CHANNELS; channel += 37) expect(y[channel]).toBe(Math.max(...column(channel)));
});

test('globalAveragePooling1d: the mean of a thousand steps', async () => {
  const y = await outputs(c.globalAveragePooling1d());
  for (let channel = 0; channel < CHANNELS; channel += 37) {
    expect(y[channel]).toBeCloseTo(column(channel).reduce((sum, value) => sum + value) / STEPS, 6);
  }
});

test('a depthwise filter of sixteen thousand channels', async () => {
  const channels = 16384;
  const layer = c.depthwiseConv2d({ kernelSize: 3, useBias: false });
  const model = c.sequential({ inputShape: [3, 3, channels], layers: [layer, c.flatten()] });
  const [image, filter] = [numbers(1, 9 * channels), numbers(2, 9 * channels)] as const;
  model.setWeights([{ data: filter, shape: [3, 3, channels, 1] }]);
  const { data } = await model.predict({ data: image, shape: [1, 3, 3, channels] });
  for (let channel = 0; channel < channels; channel += 1001) {
    let sum = 0;
    for (let tap = 0; tap < 9; tap++)
      sum += (image[tap * channels + channel] as number) * (filter[tap * channels + channel] as number);
    expect(data[channel]).toBeCloseTo(sum, 5);
  }
  model.dispose();
});
