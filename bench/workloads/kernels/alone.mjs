/** Layers of well-known networks for one image, forward: what a picture takes that waits for its answer. */

import { convolutions } from './convolution.mjs';

/** Workloads as those of `kernelWorkloads`. */
export function aloneWorkloads() {
  const same = { padding: 'same' };
  return [
    ...forward([1, 224, 224, 3], 3, 32, { ...same, strides: 2 }),
    ...forward([1, 224, 224, 3], 7, 64, { ...same, strides: 2 }),
    ...forward([1, 56, 56, 64], 3, 64, same),
    ...forward([1, 28, 28, 128], 3, 128, same),
    ...forward([1, 14, 14, 256], 3, 256, same),
    ...forward([1, 7, 7, 512], 3, 512, same),
    ...forward([1, 28, 28, 64], 3, 128, { ...same, strides: 2 }),
    ...forward([1, 8, 8, 128], 3, 128, same),
    ...forward([1, 128, 128, 64], 3, 3, same),
    ...forward([1, 256, 256, 1], 5, 8, same),
    ...forward([1, 56, 56, 128], 3, 128, { ...same, depthwise: true }),
    ...forward([1, 112, 112, 64], 3, 64, { ...same, strides: 2, depthwise: true }),
    ...forward([1, 28, 28, 128], 1, 128),
    ...alsoKept(forward([1, 8, 8, 64], 3, 64, same)),
    ...alsoKept(forward([1, 28, 28, 32], 3, 64, { ...same, strides: 2 })),
    ...alsoKept(forward([1, 1, 64, 64], [1, 3], 64, same)),
    ...alsoKept(convolutions('one image', [1, 16, 16, 64], 4, 128, { ...same, strides: 2 }).filter(isTranspose)),
  ];
}

/** What a transposed convolution computes. */
const isTranspose = ({ pass }) => pass === 'inputGradient';

/** The same also with filters that are kept as the kernel reads them, as `predict` keeps them. */
function alsoKept(workloads) {
  return workloads.flatMap((workload) => [
    workload,
    { ...workload, name: `${workload.name}, filters kept`, keepsFilters: true },
  ]);
}

function forward(input, size, filters, options) {
  return convolutions('one image', input, size, filters, options).filter(({ name }) => name.includes(' forward '));
}
