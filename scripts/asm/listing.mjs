/** Reads V8's listing of WebAssembly functions for x64, and finds their innermost loops. */

const header = /^name: (.*)$/;
const instruction = /^0x[0-9a-f]+\s+([0-9a-f]+)\s+[0-9a-f]+\s+(?:REX\.W )?(\S+)(?: (.*?))?\s*$/;
const jump = /<\+0x([0-9a-f]+)>/;

/** @returns {{ name: string, code: { offset: number, name: string, operands: string, line: string }[] }[]} */
export function readListing(text) {
  const functions = [];
  for (const line of text.split('\n')) {
    const [, name] = header.exec(line) ?? [];
    if (name !== undefined) functions.push({ name: shortName(name), code: [] });
    const [, offset, operation, operands = ''] = instruction.exec(line) ?? [];
    if (offset === undefined || functions.length === 0) continue;
    functions.at(-1).code.push({ offset: Number.parseInt(offset, 16), name: operation, operands, line });
  }
  return functions;
}

/** Without the crate's name and the hash. */
function shortName(name) {
  return name.replace(/^convgrad::/, '').replace(/::h[0-9a-f]{16}$/, '');
}

/** Runs of instructions that end with a jump back to their start and hold no other such run, those with vectors. */
export function innermostLoops(code) {
  const backward = code.flatMap(({ offset, name, operands }, end) => {
    const [, target] = jump.exec(operands) ?? [];
    const to = Number.parseInt(target, 16);
    if (!name.startsWith('j') || target === undefined || to > offset) return [];
    return [{ start: code.findIndex((other) => other.offset === to), end }];
  });
  return backward
    .filter((loop) => !backward.some((other) => other !== loop && other.start >= loop.start && other.end <= loop.end))
    .map(({ start, end }) => code.slice(start, end + 1))
    .filter((loop) => loop.some(({ name }) => isArithmetic(name)));
}

/** What a loop is made of. */
export function countLoop(loop) {
  const count = (test) => loop.filter(test).length;
  const onStack = ({ operands }) => /\[(rbp|rsp)[-+\]]/.test(operands);
  const stores = ({ operands }) => /^\[/.test(operands);
  const readsMemory = ({ operands, name }) =>
    /\[/.test(operands) && !name.startsWith('lea') && !name.startsWith('prefetch');
  const vector = ({ operands }) => /xmm/.test(operands);
  return {
    instructions: loop.length,
    fused: count(({ name }) => /^vfn?m(add|sub)/.test(name)),
    arithmetic: count(({ name }) => isArithmetic(name)),
    loads: count((one) => readsMemory(one) && !stores(one) && !onStack(one)),
    stores: count((one) => stores(one) && !onStack(one) && !/^(cmp|test)/.test(one.name)),
    spills: count((one) => vector(one) && onStack(one) && stores(one)),
    reloads: count((one) => vector(one) && onStack(one) && !stores(one)),
    scalars: count((one) => !vector(one) && onStack(one)),
    moves: count(({ name, operands }) => /^v?mov[au]p/.test(name) && !operands.includes('[')),
  };
}

/** On four floats. */
function isArithmetic(name) {
  return /^vfn?m(add|sub)\d*ps|^v?(add|sub|mul|div|sqrt|max|min)ps$/.test(name);
}
