/** Functions that have two names, in LayersModels and here. */

import { expect, test } from 'vitest';
import * as c from '../../ts';

test('both names of silu are known and read, and the one of TensorFlow.js is written', () => {
  for (const activation of ['silu', 'swish'] as const) {
    const model = c.sequential({ inputShape: [3], layers: [c.dense({ units: 2, activation })] });
    const artifacts = c.modelToLayersModel(model);
    const text = JSON.stringify(artifacts.modelTopology);
    expect(text).toContain('"activation":"swish"');
    const renamed = JSON.parse(text.replace('"swish"', `"${activation}"`));
    const read = c.modelFromLayersModel({ ...artifacts, modelTopology: renamed });
    expect(JSON.stringify(c.modelToLayersModel(read).modelTopology)).toBe(text);
    model.dispose();
    read.dispose();
  }
});
