/** What a plan's calls read has been written by calls before them. */

import { expect, test } from 'vitest';
import { read, write } from '../../ts/plan/buffer';
import { PlanBuilder } from '../../ts/plan/builder';
import { finishPlan } from '../../ts/plan/plan';

function builder(): PlanBuilder {
  const none = { convolution: () => 0, kept: () => 0, argmax: () => 0, matmul: () => 0 };
  const clock = { name: 'clock', region: 'state', shape: [4], size: 4, offset: 0 } as const;
  return new PlanBuilder({ batch: 1, training: false, keepAll: false, workspaces: none, clock });
}

test('a call that reads what nothing has written is refused by name', () => {
  const plan = builder();
  plan.scope('layer', 'forward', () => {
    const [x, y, z] = ['x', 'y', 'z'].map((name) => plan.temporary(name, [4]));
    if (x === undefined || y === undefined || z === undefined) throw new Error('no buffers');
    plan.call('activation_forward', [0, 0, 4, read(x), write(y)]);
    expect(() => finishPlan(plan, [], [y])).toThrow(
      'layer: activation_forward reads layer/x, which no call before it has written',
    );
    expect(finishPlan(plan, [x], [y]).calls.length).toBe(1);
    plan.call('activation_forward', [0, 0, 4, read(z), write(z)]);
    expect(() => finishPlan(plan, [x], [y])).toThrow('reads layer/z');
  });
});
