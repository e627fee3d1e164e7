/** Networks that play. */

import { layer, normalized, residual } from '../described/layers.mjs';

/** The deep Q-network of Atari games (Mnih et al., 2015). */
export const dqn = {
  name: 'DQN',
  input: [84, 84, 4],
  layers: [
    layer('conv2d', 'conv1', { filters: 32, kernelSize: 8, strides: 4, activation: 'relu' }),
    layer('conv2d', 'conv2', { filters: 64, kernelSize: 4, strides: 2, activation: 'relu' }),
    layer('conv2d', 'conv3', { filters: 64, kernelSize: 3, activation: 'relu' }),
    layer('flatten', 'flatten'),
    layer('dense', 'dense', { units: 512, activation: 'relu' }),
    layer('dense', 'values', { units: 6 }),
  ],
};

/** AlphaZero's move of Go (Silver et al., 2018), of four blocks of 64 filters. */
export const alphazero = {
  name: 'AlphaZero',
  input: [19, 19, 17],
  layers: [
    ...normalized('conv2d', 'conv', { filters: 64, kernelSize: 3 }, 'relu'),
    ...[0, 1, 2, 3].flatMap((at) => residual(`block${at}`, 64, 1, at === 0 ? 'conv_relu' : `block${at - 1}_relu`)),
    ...normalized('conv2d', 'policy', { filters: 2, kernelSize: 1 }, 'relu'),
    layer('flatten', 'flatten'),
    layer('dense', 'moves', { units: 362, activation: 'softmax' }),
  ],
};
