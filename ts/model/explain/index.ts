/** Tells an executed step in matrix form, from the buffers that it left behind. */

import type { Head } from '../heads';
import type { Compiled, Network, Step } from '../network';
import { type Incoming, tellBackward } from './backward';
import { type Equation, type Explanation, formatExplanation, times } from './equation';
import { type Named, tellForward } from './forward';
import { nameStages, type StageNames } from './names';
import { relativeError } from './products';
import { batchFactor, Teller, weightFactor } from './teller';

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
  const loss = tellLoss(teller, compiled, step, flowing);
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
): { equations: Equation[]; outgoing: Incoming } {
  const [{ loss, weight }] = compiled.heads as readonly [Head];
  const { name } = loss;
  const target = teller.read(step.heads[0]?.target);
  const value = teller.read(step.loss);
  const gradient = teller.get(name, 'gradient');
  const isSeed = name === 'halfSquaredError' && weight === 1;
  const gradientName = isSeed ? `${output.name}−Y` : `dE/d${output.name}`;
  const expected = target.data.reduce((sum, y, index) => sum + (y - (output.value.data[index] as number)) ** 2 / 2, 0);
  const text = isSeed
    ? `E = Σ (Y−${output.name})²/2`
    : `E = ${weight === 1 ? '' : `${weight} · `}${name}(Y, ${output.name})`;
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
    if (value === undefined || gradient === undefined || stage === undefined) return [];
    const name = role === 'bias' ? stage.bias : stage.kernel;
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
