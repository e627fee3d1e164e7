/** Tells an executed step in matrix form, from the buffers that it left behind. */

import type { BuiltLayer } from '../../layers/layer';
import type { Head } from '../heads';
import type { Compiled, Network, Step } from '../network';
import { tellBackward } from './backward';
import { type Equation, type Explanation, formatExplanation, times } from './equation';
import { tellForward } from './forward';
import { nameOfWeight, nameStages, type StageNames } from './names';
import { relativeError } from './products';
import { batchFactor, type Incoming, type Named, Teller, weightFactor } from './teller';

export type { Equation, Explanation } from './equation';
export type { Factor } from './factor';

/** The matrix form of a step of mode `explain` that has just run. */
export function explainStep(network: Network, compiled: Compiled, step: Step): Explanation {
  const names = nameStages(network.graph);
  const teller = new Teller(network, step);
  const { nodes } = network.graph;
  const equations: Equation[] = [];
  const inputs: Named[] = [];
  let flowing: Named = { name: 'X', value: teller.read(step.inputs[0]) };
  nodes.forEach(({ layer }, node) => {
    inputs.push(flowing);
    const told = tellForward(teller, layer, names[node], flowing);
    equations.push(...told.equations);
    flowing = told.output;
  });
  const loss = tellLoss(
    teller,
    compiled,
    step,
    flowing,
    nodes.map(({ layer }) => layer),
  );
  equations.push(...loss.equations);
  let incoming: Incoming | undefined = loss.outgoing;
  for (let node = nodes.length - 1; node >= 0 && incoming !== undefined; node--) {
    const layer = nodes[node]?.layer;
    const input = inputs[node];
    if (layer === undefined || input === undefined) break;
    const told = tellBackward({ teller, layer, names: names[node], input, incoming });
    equations.push(...told.equations);
    incoming = told.outgoing;
  }
  equations.push(...tellUpdate(teller, network, compiled, names));
  const batchSize = step.plan.batch;
  return {
    equations,
    batchSize,
    largestError: Math.max(0, ...equations.map((equation) => equation.relativeError ?? 0)),
    toString: () => formatExplanation(equations, batchSize),
  };
}

/** `E = Σ (Y − O)² / 2` and its gradient `O − Y`; other losses by their names. */
function tellLoss(
  teller: Teller,
  compiled: Compiled,
  step: Step,
  output: Named,
  layers: readonly BuiltLayer[],
): { equations: Equation[]; outgoing: Incoming } {
  const [{ loss, weight }] = compiled.heads as readonly [Head];
  const { name } = loss;
  const target = teller.read(step.heads[0]?.target);
  const value = teller.read(step.loss);
  const gradient = teller.get(name, 'gradient');
  const isSeed = name === 'halfSquaredError' && weight === 1;
  const gradientName = isSeed ? `${output.name}−Y` : `dE/d${output.name}`;
  const difference = target.data.reduce(
    (sum, y, index) => sum + (y - (output.value.data[index] as number)) ** 2 / 2,
    0,
  );
  const penalties = penaltiesOf(teller, layers, step.plan.batch);
  const expected = difference + (penalties ?? 0);
  const factor = weight === 1 ? '' : `${weight} · `;
  const told = isSeed ? `E = Σ (Y−${output.name})²/2` : `E = ${factor}${name}(Y, ${output.name})`;
  const text = told + (penalties === undefined ? '' : ' + penalties');
  const equation: Equation = {
    layer: name,
    phase: 'loss',
    text,
    shapes: '',
    factors: [batchFactor('Y', target), batchFactor(output.name, output.value)],
    result: weightFactor('E', { data: value.data, shape: [1, 1] }),
    relativeError: isSeed ? relativeError(value.data, Float64Array.of(expected)) : undefined,
  };
  return { equations: [equation], outgoing: { name: gradientName, value: gradient, expression: gradientName } };
}

/** What regularizers add to the loss: `l1·Σ|p| + l2·Σp²`, of values for one sample; undefined without any. */
function penaltiesOf(teller: Teller, layers: readonly BuiltLayer[], batch: number): number | undefined {
  let total: number | undefined;
  const add = (data: Float32Array, { l1, l2 }: { readonly l1: number; readonly l2: number }, share: number): void => {
    total = data.reduce((sum, p) => sum + share * (l1 * Math.abs(p) + l2 * p * p), total ?? 0);
  };
  for (const layer of new Set(layers)) {
    const input = teller.find(layer.name, 'x');
    if (layer.className === 'ActivityRegularization' && input !== undefined) {
      add(input.data, layer.config as unknown as { readonly l1: number; readonly l2: number }, 1 / batch);
    }
    for (const { name, regularizer } of layer.weights) {
      const value = teller.find(layer.name, name);
      if (regularizer === undefined || value === undefined) continue;
      if (teller.find(layer.name, `${name} gradient`) === undefined) continue;
      add(value.data, regularizer, 1);
    }
  }
  return total;
}

/** `p ← p − η·dE/dp` for every weight that is trained. */
function tellUpdate(
  teller: Teller,
  network: Network,
  { optimizer }: Compiled,
  names: readonly (StageNames | undefined)[],
): Equation[] {
  const rate = optimizer.learningRate;
  const rows = network.graph.nodes.flatMap(({ layer }, node) =>
    layer.weights.map(({ name: role }) => ({ layer, role, stage: names[node] })),
  );
  return rows.flatMap(({ layer, role, stage }): Equation[] => {
    const value = teller.find(layer.name, role);
    const gradient = teller.find(layer.name, `${role} gradient`);
    if (value === undefined || gradient === undefined) return [];
    const name = nameOfWeight(layer, role, stage);
    const isSgd = optimizer.className === 'SGD';
    const factors = [weightFactor(name, value), weightFactor(`dE/d${name}`, gradient)];
    const after = value.data.map((p, index) => p - rate * (gradient.data[index] as number));
    return [
      {
        layer: layer.name,
        phase: 'update',
        text: isSgd
          ? `${name} ← ${name} − η·dE/d${name}, η = ${rate}`
          : `${name} ← ${optimizer.className}(${name}, dE/d${name}), η = ${rate}`,
        shapes: `(${times(factors[0]?.shape ?? [])})`,
        factors,
        result: isSgd
          ? weightFactor(`${name} after`, { data: after, shape: value.shape })
          : (factors[0] as Equation['result']),
        relativeError: undefined,
      },
    ];
  });
}
