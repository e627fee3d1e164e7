/** What moves elements gives what it gives on the cpu backend, and is not inherited. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { backendName, registerBackend } from '../../ts/tfjs';
import { all, type Case, expectSameAsCpu, integers, values } from './sameAsCpu';

beforeAll(() => registerBackend());
afterEach(() => vi.restoreAllMocks());

const cases: Case[] = [];
const add = (...given: Case) => cases.push(given);
const places = (...rows: number[][]) => tf.tensor2d(rows, [rows.length, rows[0]?.length as number], 'int32');

for (const [type, x] of all(4, 6, 9, 5)) {
  add(`transpose of many rows and columns, ${type}`, () => [
    tf.transpose(x(), [0, 2, 1, 3]),
    tf.transpose(x(), [3, 0, 2, 1]),
    tf.transpose(tf.reshape(x(), [18, 60])),
    tf.transpose(tf.reshape(x(), [2, 180, 3]), [0, 2, 1]),
    tf.transpose(tf.reshape(x(), [2, 3, 180]), [0, 2, 1]),
  ]);
  add(`slices with steps, ${type}`, () => [
    tf.stridedSlice(x(), [0, 5, 1, 0], [4, 0, 8, 5], [2, -2, 3, 1]),
    tf.stridedSlice(x(), [1], [3], [1]),
    tf.stridedSlice(x(), [0, 0], [4, 6], [1, 1]),
    tf.stridedSlice(x(), [0, 0, 0, 4], [4, 6, 9, 5], [1, 1, 1, 1], 0, 0, 0, 0, 0b1010),
    tf.stridedSlice(x(), [1, 1], [1, 3], [1, 2], 0, 0, 0b10, 0b100, 0b1),
  ]);
  add(`unstacked, ${type}`, () => [0, 2, -1].flatMap((axis) => tf.unstack(x(), axis)));
  for (const mode of ['reflect', 'symmetric'] as const) {
    add(`padded by ${mode}, ${type}`, () => [
      tf.mirrorPad(
        x(),
        [
          [0, 0],
          [2, 1],
          [0, 3],
          [0, 0],
        ],
        mode,
      ),
      tf.mirrorPad(
        x(),
        [
          [1, 2],
          [0, 0],
          [0, 0],
          [4, 4],
        ],
        mode,
      ),
      tf.mirrorPad(
        x(),
        [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
        ],
        mode,
      ),
    ]);
  }
  add(`space to batches, ${type}`, () => [
    tf.spaceToBatchND(
      x(),
      [2, 3],
      [
        [0, 0],
        [0, 0],
      ],
    ),
    tf.spaceToBatchND(
      x(),
      [4, 2],
      [
        [1, 1],
        [0, 1],
      ],
    ),
    tf.spaceToBatchND(x(), [3], [[0, 0]]),
  ]);
  add(`batches to space, ${type}`, () => [
    tf.batchToSpaceND(
      x(),
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
    tf.batchToSpaceND(
      x(),
      [2, 2],
      [
        [1, 2],
        [0, 5],
      ],
    ),
    tf.batchToSpaceND(x(), [4], [[3, 1]]),
  ]);
}
add('images mirrored', () => tf.image.flipLeftRight(values(2, 3, 5, 3)() as tf.Tensor4D));
add('depth to space', () => [
  tf.depthToSpace(values(2, 3, 5, 12)() as tf.Tensor4D, 2),
  tf.depthToSpace(values(1, 2, 2, 9)() as tf.Tensor4D, 3),
]);
for (const [type, x] of [
  ['float32', values(4, 3, 5)],
  ['int32', integers(4, 3, 5)],
] as const) {
  add(`rows by number, ${type}`, () => [
    tf.gatherND(x(), places([3], [0], [3])),
    tf.gatherND(x(), places([3, 1], [0, 2])),
    tf.gatherND(x(), places([3, 1, 4], [0, 2, 0])),
  ]);
}
add('rows added by number', () => [
  tf.scatterND(places([3], [0], [3]), values(3, 2, 5)(), [4, 2, 5]),
  tf.scatterND(places([3, 1], [0, 0]), values(2, 5)(), [4, 2, 5]),
  tf.scatterND(tf.tensor1d([3, 0, 3], 'int32'), values(3)(), [4]),
]);
for (const equation of [
  'bij,bjk->bik',
  'bij,bkj->ikb',
  'ij,jk->ik',
  'i,j->ji',
  'bijc,bkjc->bik',
  'i,i->',
  'abc,cab->abc',
]) {
  const sizes = { a: 2, b: 3, c: 4, i: 5, j: 6, k: 7 } as Record<string, number>;
  const [left = '', right = ''] = (equation.split('->')[0] as string).split(',');
  const of = (labels: string) => values(...[...labels].map((label) => sizes[label] as number))();
  add(`the equation ${equation}`, () => tf.einsum(equation, of(left), of(right)));
}

expectSameAsCpu(cases);

test('a place out of range is an error', async () => {
  await tf.setBackend(backendName);
  expect(() => tf.gatherND(values(4, 3)(), places([4]))).toThrow('Invalid indices: 4 does not index into 4,3');
  expect(() => tf.scatterND(places([-1]), values(1, 3)(), [4, 3])).toThrow(
    'Invalid indices: -1 does not index into 4,3',
  );
});

test('nothing is kept', async () => {
  await tf.setBackend(backendName);
  const before = tf.memory();
  for (const [name, work] of cases) {
    tf.tidy(() => void work());
    expect(tf.memory().numTensors, name).toBe(before.numTensors);
  }
  expect(tf.memory()).toMatchObject({
    numBytesInWasm: (before as unknown as { numBytesInWasm: number }).numBytesInWasm,
  });
});
