/** The equations of the losses: what each output costs, their sum, and the gradients that go back from there. */

import type { Compiled } from '../compiled';
import type { Graph } from '../graph';
import type { Head } from '../heads';
import { scopeOf } from '../lossStep';
import type { Step } from '../store';
import type { Equation } from './equation';
import type { Scene } from './forward';
import { numberOfOutput, readersOf } from './names';
import { relativeError } from './products';
import { batchFactor, type Incoming, type Named, type StepTeller, weightFactor } from './teller';

/** A gradient that begins at a loss. */
export interface Beginning {
  /** Number of the value that it is by. */
  readonly value: number;
  /** The gradient. */
  readonly gradient: Incoming;
}

/** The equations of all losses, and their gradients. @param told - All values of the graph, and what its nodes are told from. */
export function tellLosses(
  teller: StepTeller,
  graph: Graph,
  { heads }: Compiled,
  step: Step,
  { values, scenes }: { readonly values: readonly Named[]; readonly scenes: readonly Scene[] },
): { readonly equations: readonly Equation[]; readonly beginnings: readonly Beginning[] } {
  const penalties = penaltiesOf(scenes, step.plan.batch);
  const told = heads.map((_, index) => tellLoss(teller, graph, heads, index, { step, values, penalties }));
  const equations = told.map(({ equation }) => equation);
  if (heads.length > 1) equations.push(tellSum(teller, heads, step, penalties));
  return { equations, beginnings: told.map(({ beginning }) => beginning) };
}

/** `E = Σ (Y − O)² / 2` and its gradient `O − Y`; other losses by their names. */
function tellLoss(
  teller: StepTeller,
  graph: Graph,
  heads: readonly Head[],
  index: number,
  { step, values, penalties }: { step: Step; values: readonly Named[]; penalties: number | undefined },
): { equation: Equation; beginning: Beginning } {
  const head = heads[index] as Head;
  const { weight, output: number } = head;
  const { name } = head.loss;
  const isOnly = heads.length === 1;
  const at = graph.outputs[number]?.value as number;
  const output = values[at] as Named;
  const target = teller.read(step.heads[index]?.target);
  const y = `Y${numberOfOutput(graph, number)}`;
  const e = isOnly ? 'E' : `E${number + 1}`;
  const value = teller.read(isOnly ? step.loss : step.heads[index]?.loss);
  const isSquare = name === 'halfSquaredError';
  const isSeed = isSquare && weight === 1;
  const difference = target.data.reduce(
    (sum, each, place) => sum + (each - (output.value.data[place] as number)) ** 2 / 2,
    0,
  );
  const factor = weight === 1 || !isOnly ? '' : `${weight} · `;
  const term =
    isSquare && (isSeed || !isOnly) ? `Σ (${y}−${output.name})²/2` : `${factor}${name}(${y}, ${output.name})`;
  const own = isOnly ? (penalties ?? 0) : 0;
  const equation: Equation = {
    layer: name,
    phase: 'loss',
    text: `${e} = ${term}${isOnly && penalties !== undefined ? ' + penalties' : ''}`,
    shapes: '',
    factors: [batchFactor(y, target), batchFactor(output.name, output.value)],
    result: weightFactor(e, { data: value.data, shape: [1, 1] }),
    relativeError:
      isSquare && (isSeed || !isOnly) ? relativeError(value.data, Float64Array.of(difference + own)) : undefined,
  };
  // Where others read the output, too, this is not all of the gradient.
  const sign = readersOf(graph, at) > 1 ? '∂' : 'd';
  const gradientName = isSeed ? `${output.name}−${y}` : `${sign}E/${sign}${output.name}`;
  const gradient = teller.of(scopeOf(heads, index)).get('gradient');
  return {
    equation,
    beginning: { value: at, gradient: { name: gradientName, value: gradient, expression: gradientName } },
  };
}

/** `E = E1 + 0.5 · E2 + penalties` */
function tellSum(teller: StepTeller, heads: readonly Head[], step: Step, penalties: number | undefined): Equation {
  const terms = heads.map(({ weight, output }, index) => {
    const [value = 0] = teller.read(step.heads[index]?.loss).data;
    return { name: `E${output + 1}`, weight, value };
  });
  const loss = teller.read(step.loss);
  const sum = terms.reduce((total, { weight, value }) => total + weight * value, penalties ?? 0);
  const words = terms.map(({ name, weight }) => (weight === 1 ? name : `${weight} · ${name}`));
  return {
    layer: 'loss',
    phase: 'loss',
    text: `E = ${[...words, ...(penalties === undefined ? [] : ['penalties'])].join(' + ')}`,
    shapes: '',
    factors: terms.map(({ name, value }) => weightFactor(name, { data: Float32Array.of(value), shape: [1, 1] })),
    result: weightFactor('E', { data: loss.data, shape: [1, 1] }),
    relativeError: relativeError(loss.data, Float64Array.of(sum)),
  };
}

/** What regularizers add to the loss: `l1·Σ|p| + l2·Σp²`, of values for one sample; undefined without any. */
function penaltiesOf(scenes: readonly Scene[], batch: number): number | undefined {
  let total: number | undefined;
  const add = (data: Float32Array, { l1, l2 }: { readonly l1: number; readonly l2: number }, share: number): void => {
    total = data.reduce((sum, p) => sum + share * (l1 * Math.abs(p) + l2 * p * p), total ?? 0);
  };
  for (const { layer, teller, scope } of scenes) {
    const input = teller.find('x');
    if (layer.className === 'ActivityRegularization' && input !== undefined) {
      add(input.data, layer.config as unknown as { readonly l1: number; readonly l2: number }, 1 / batch);
    }
    // Weights count once, however often they are used.
    if (scope !== layer.name) continue;
    for (const { name, regularizer } of layer.weights) {
      const value = teller.find(name);
      if (regularizer === undefined || value === undefined) continue;
      if (teller.find(`${name} gradient`) === undefined) continue;
      add(value.data, regularizer, 1);
    }
  }
  return total;
}
