/** Tells an executed step in matrix form, from the buffers that it left behind. */

import type { BuiltLayer } from '../../layers/layer';
import { totalRole } from '../backward';
import type { Compiled } from '../compiled';
import type { Network } from '../network';
import { scopesOf } from '../scopes';
import type { Step } from '../store';
import { tellBackward } from './backward';
import { type Equation, type Explanation, formatExplanation, times } from './equation';
import { type Scene, tellForward } from './forward';
import { type Beginning, tellLosses } from './loss';
import { nameOfWeight, nameStages, plainNames, readersOf, type StageNames } from './names';
import { relativeError } from './products';
import { batchFactor, type Incoming, type Named, StepTeller, type Stored, weightFactor } from './teller';

export type { Equation, Explanation } from './equation';
export type { Factor } from './factor';

/** The matrix form of a step of mode `explain` that has just run. */
export function explainStep(network: Network, compiled: Compiled, step: Step): Explanation {
  const teller = new StepTeller(network, step);
  const names = nameStages(network.graph);
  const { equations, scenes, values } = tellForwards(teller, network, step, names);
  const losses = tellLosses(teller, network.graph, compiled, step, { values, scenes });
  equations.push(...losses.equations);
  equations.push(...tellBackwards(network, scenes, values, losses.beginnings));
  equations.push(...tellUpdate(compiled, scenes));
  const batchSize = step.plan.batch;
  return {
    equations,
    batchSize,
    largestError: Math.max(0, ...equations.map((equation) => equation.relativeError ?? 0)),
    toString: () => formatExplanation(equations, batchSize),
  };
}

/** The equations from the inputs to the outputs, with what each was told from and all values. */
function tellForwards(
  teller: StepTeller,
  { graph }: Network,
  step: Step,
  names: readonly (StageNames | undefined)[],
): { equations: Equation[]; scenes: readonly Scene[]; values: readonly Named[] } {
  const equations: Equation[] = [];
  const values: Named[] = step.inputs.map((input, index) => ({
    name: step.inputs.length === 1 ? 'X' : `X${index + 1}`,
    value: teller.read(input),
  }));
  const scopes = scopesOf(graph);
  const scenes = graph.nodes.map(({ layer, inputs: sources }, node): Scene => {
    const scope = scopes[node] as string;
    const inputs = sources.map((source) => values[source] as Named);
    const [source = 0] = sources;
    const own = () => plainNames(scope, values[source]?.name ?? '', gradientName(graph, source, values, scope));
    const stage = names[node] ?? (layer.className === 'Activation' ? own() : undefined);
    const scene: Scene = { teller: teller.of(scope), layer, scope, names: stage, inputs };
    const told = tellForward(scene);
    equations.push(...told.equations);
    values.push(told.output);
    return scene;
  });
  return { equations, scenes, values };
}

/** The name of the gradient by a value; of the part that comes through one reader where it has several. */
function gradientName(
  { nodes, ...rest }: Network['graph'],
  value: number,
  values: readonly Named[],
  scope: string,
): string {
  const name = `dE/d${values[value]?.name}`;
  return readersOf({ nodes, ...rest }, value) > 1 ? `${name}[${scope}]` : name;
}

/** The chain rule, from the losses to the first layer that is trained; gradients of a value with several readers are summed. */
function tellBackwards(
  { graph }: Network,
  scenes: readonly Scene[],
  values: readonly Named[],
  beginnings: readonly Beginning[],
): readonly Equation[] {
  const equations: Equation[] = [];
  const parts = new Map<number, Incoming[]>();
  const give = (value: number, gradient: Incoming): void => {
    parts.set(value, [...(parts.get(value) ?? []), gradient]);
  };
  for (const { value, gradient } of beginnings) give(value, gradient);
  const uses = new Map<BuiltLayer, Scene[]>();
  for (let node = scenes.length - 1; node >= 0; node--) {
    const scene = scenes[node] as Scene;
    if (scene.teller.find('dy') !== undefined) uses.set(scene.layer, [scene, ...(uses.get(scene.layer) ?? [])]);
  }
  for (let node = scenes.length - 1; node >= 0; node--) {
    const scene = scenes[node] as Scene;
    const { layer, teller, scope } = scene;
    const value = graph.inputShapes.length + node;
    const dy = teller.find('dy');
    const given = parts.get(value) ?? [];
    if (dy === undefined || given.length === 0) continue;
    const [only] = given as [Incoming];
    const incoming = given.length === 1 ? only : tellSum(equations, layer, values[value] as Named, given, dy);
    const sources = graph.nodes[node]?.inputs ?? [];
    const together = uses.get(layer) ?? [];
    const part = together.length > 1 ? `[${together.indexOf(scene) + 1}]` : '';
    const by = sources.map((source) => gradientName(graph, source, values, scope));
    const told = tellBackward({ ...scene, incoming, by, part });
    equations.push(...told.equations);
    told.outgoing.forEach((outgoing, index) => {
      if (outgoing !== undefined) give(sources[index] as number, outgoing);
    });
    if (together.length > 1 && together[0] === scene) equations.push(...tellTotals(together));
  }
  return equations;
}

/** `dE/dH1 = W2 × dE/dZ2 + W3 × dE/dZ3` */
function tellSum(
  equations: Equation[],
  layer: BuiltLayer,
  { name: of, value }: Named,
  parts: readonly Incoming[],
  { data }: Stored,
): Incoming {
  const name = `dE/d${of}`;
  const sum = { data, shape: value.shape };
  equations.push({
    layer: layer.name,
    phase: 'backward',
    text: `${name} = ${parts.map((part) => part.name).join(' + ')}`,
    shapes: `(${times(batchFactor('', sum).shape)})`,
    factors: parts.map((part) => batchFactor(part.name, { data: part.value.data, shape: value.shape })),
    result: batchFactor(name, sum),
    relativeError: relativeError(data, sumOf(parts.map((part) => part.value.data))),
  });
  return { name, value: sum, expression: name };
}

/** `dE/dW2 = dE/dW2[1] + dE/dW2[2]`: what the uses of a shared layer give its weights. */
function tellTotals(uses: readonly Scene[]): readonly Equation[] {
  const [{ layer, names, teller }] = uses as readonly [Scene];
  return layer.weights.flatMap(({ name: role }, index): Equation[] => {
    const total = totalOf(uses, index);
    const parts = uses.map((use) => use.teller.find(`${role} gradient`));
    if (total === undefined || teller.find(`${role} gradient`) === undefined) return [];
    const name = `dE/d${nameOfWeight(layer, role, names)}`;
    const factors = parts.map((part, use) => weightFactor(`${name}[${use + 1}]`, part as Stored));
    return [
      {
        layer: layer.name,
        phase: 'backward',
        text: `${name} = ${factors.map((factor) => factor.name).join(' + ')}`,
        shapes: `(${times(total.shape)})`,
        factors,
        result: weightFactor(name, total),
        relativeError: relativeError(total.data, sumOf(parts.map((part) => (part as Stored).data))),
      },
    ];
  });
}

/** The gradient of a weight of a shared layer; the last use that is told has noted it. */
function totalOf(uses: readonly Scene[], weight: number): Stored | undefined {
  const [{ layer }] = uses as readonly [Scene];
  return uses.map(({ teller }) => teller.find(totalRole(layer, weight))).find((total) => total !== undefined);
}

function sumOf(arrays: readonly Float32Array[]): Float64Array {
  return Float64Array.from(arrays[0] ?? [], (_, index) =>
    arrays.reduce((sum, array) => sum + (array[index] as number), 0),
  );
}

/** `p ← p − η·dE/dp` for every weight that is trained. */
function tellUpdate({ optimizer }: Compiled, scenes: readonly Scene[]): Equation[] {
  const rate = optimizer.learningRate;
  // A shared layer is updated once.
  const first = scenes.filter(({ layer, scope }) => scope === layer.name);
  const rows = first.flatMap(({ layer, names, teller }) =>
    layer.weights.map(({ name: role }, index) => ({ layer, role, index, stage: names, teller })),
  );
  return rows.flatMap(({ layer, role, index, stage, teller }): Equation[] => {
    const value = teller.find(role);
    const uses = scenes.filter((scene) => scene.layer === layer);
    const gradient = totalOf(uses, index) ?? gradientOf(uses, role);
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

/** The gradient of a weight from the only use that is told; of a layer that no loss depends on zero. */
function gradientOf(uses: readonly Scene[], role: string): Stored | undefined {
  const told = uses.find(({ teller }) => teller.find('dy') !== undefined) ?? uses[0];
  return told?.teller.find(`${role} gradient`);
}
