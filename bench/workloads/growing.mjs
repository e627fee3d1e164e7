/** Work that grows in one direction: batch, image or channels; time for a FLOP should stay the same, or tell why not. */

import { convnetStep } from './convnet.mjs';
import { convolutions } from './kernels/convolution.mjs';

const powers = (from, to) => {
  const all = [];
  for (let size = from; size <= to; size *= 2) all.push(size);
  return all;
};

/** A workload with what grows, how far, and which line of the chart it is a point of. */
const point = (workload, grows, size, what) => ({
  ...workload,
  name: `${grows} ${size}: ${workload.name}`,
  about: { grows, size, what },
});

const passes = ['forward', 'filter gradient', 'input gradient'];

function convolutionPoints(grows, size, input, filters) {
  return convolutions(`growing ${grows}`, input, 3, filters).map((workload, index) =>
    point(workload, grows, size, `conv 3×3 ${passes[index]}`),
  );
}

/** Convolutions of 16 channels and 16×16 pixels around which one size changes, and the step of a network. */
export function growingWorkloads() {
  return [
    ...powers(1, 512).flatMap((size) => convolutionPoints('batch', size, [size, 16, 16, 16], 16)),
    ...powers(1, 512).map((size) => point(convnetStep(size), 'batch', size, 'convnet step')),
    ...powers(8, 256).flatMap((size) => convolutionPoints('image', size, [4, size, size, 16], 16)),
    ...powers(1, 256).flatMap((size) => convolutionPoints('channels', size, [8, 16, 16, size], size)),
  ];
}
