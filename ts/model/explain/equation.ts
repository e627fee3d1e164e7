/** The matrix form of a step as data, and as text. */

import type { Factor } from './factor';

/** One line of the matrix form. */
export interface Equation {
  /** Layer, loss or optimizer that it belongs to. */
  readonly layer: string;
  /** Part of the step. */
  readonly phase: 'forward' | 'loss' | 'backward' | 'update';
  /** `dE/dW = H1 × δᵀ` */
  readonly text: string;
  /** The same with shapes: `(400×100)·(100×1) = (400×1)`; empty where shapes say nothing. */
  readonly shapes: string;
  /** The factors on the right. */
  readonly factors: readonly Factor[];
  /** What the plan computed. */
  readonly result: Factor;
  /**
   * The factors multiplied out in double precision against what the plan computed: the norm of the difference
   * over the norm of the product. Undefined where there is no product.
   */
  readonly relativeError: number | undefined;
}

/** What `model.explain()` answers. */
export interface Explanation {
  /** In the order of the matrix form: forward, loss, backward, update. */
  readonly equations: readonly Equation[];
  /** Samples of the step. */
  readonly batchSize: number;
  /** Largest relative error of all products. */
  readonly largestError: number;
  /** A page of text. */
  toString(): string;
}

/** `400×100` */
export function times(shape: readonly number[]): string {
  return shape.join('×');
}

/** The page. */
export function formatExplanation(equations: readonly Equation[], batchSize: number): string {
  const lines: string[] = [];
  let phase = '';
  for (const equation of equations) {
    if (equation.phase !== phase) {
      phase = equation.phase;
      lines.push('', `── ${titles[equation.phase]} ${'─'.repeat(Math.max(1, 96 - titles[equation.phase].length))}`);
    }
    lines.push(`${equation.text}${equation.shapes === '' ? '' : `    ${equation.shapes}`}    [${equation.layer}]`);
    for (const factor of equation.factors) lines.push(`    ${formatFactor(factor)}`);
    lines.push(`  = ${formatFactor(equation.result)}`);
    if (equation.relativeError !== undefined) {
      lines.push(
        `    check: product of the factors = ${equation.result.name} of the plan, relative error ${equation.relativeError.toExponential(1)}`,
      );
    }
  }
  return [`matrix form of one step, batch ${batchSize}`, ...lines].join('\n');
}

const titles = {
  forward: 'forward',
  loss: 'loss',
  backward: 'backward',
  update: 'update',
} as const;

function formatFactor(factor: Factor): string {
  const corner = factor.corner
    .map((row) => row.map((value) => formatNumber(value)).join(' '))
    .slice(0, 2)
    .join(' ; ');
  return `${factor.name} [${times(factor.shape)}]  norm ${formatNumber(factor.norm)}  min ${formatNumber(factor.min)}  max ${formatNumber(factor.max)}  corner (${corner} …)`;
}

function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  return size >= 1e-3 && size < 1e4 ? value.toPrecision(4) : value.toExponential(2);
}
