/** Tables of a record, in Markdown. */

/** Steps and inference: a row for each engine, a column for each workload; the first row is what others are compared with. */
export function stepTable({ about, rows }) {
  return timesTable(about, rows.filter(isStep), (names, labels, time) => [
    ['median ms', ...names],
    labels.map((label) => [label, ...names.map((name) => time(name, label))]),
  ]);
}

/** A row for each workload, a column for each engine with its threads; the first column is what others are compared with. */
export function engineTable({ about, rows }) {
  return timesTable(about, rows, (names, labels, time) => [
    ['median ms', ...labels],
    names.map((name) => [name, ...labels.map((label) => time(name, label))]),
  ]);
}

/** A table of which `arrange` answers head and rows, from the workloads, the engines, and a function that answers the time of one by the other. */
function timesTable(about, rows, arrange) {
  const time = (name, label) => {
    const row = rows.find((candidate) => candidate.workload === name && engineLabel(candidate) === label);
    return row === undefined ? '' : `${formatMilliseconds(row.median_ms)} (${formatRatio(row.ratio)})`;
  };
  const names = unique(rows.map(({ workload }) => workload));
  if (rows.length === 0) return '';
  return `${markdown(...arrange(names, unique(rows.map(engineLabel)), time))}\n\n${origin(about)}`;
}

/** Kernels: what convgrad reaches of what bounds it, and the fastest of the others. */
export function kernelTable({ about, rows }) {
  const kernels = rows.filter(isKernel);
  const cells = unique(kernels.map(({ workload }) => workload)).map((name) => {
    const of = kernels.filter(({ workload }) => workload === name);
    const own = (variant) => of.find((row) => isOwn(row) && row.variant === variant && row.threads === 1);
    const share = (row) => (row === undefined ? '' : `${shares(row)} of ${row.bound}`);
    const others = of.filter((row) => !isOwn(row) && row.threads === 1).sort((a, b) => a.median_ms - b.median_ms);
    const best = others[0] === undefined ? '' : `${engineLabel(others[0])}: ${formatRatio(others[0].ratio)}`;
    const relaxed = own('relaxed');
    const speed = relaxed === undefined ? '' : formatMilliseconds(relaxed.median_ms);
    return [name, speed, share(relaxed), share(own('simd128')), best];
  });
  const head = ['kernel, one thread', 'median ms', 'relaxed', 'simd128', 'the fastest of the others'];
  return cells.length === 0 ? '' : `${markdown(head, cells)}\n\n${origin(about)}`;
}

/** `80 (95) %`: of the median, and of the least time, which a machine that others use as well disturbs least. */
function shares({ percent_of_peak, median_ms, min_ms }) {
  return `${percent_of_peak.toFixed(0)} (${((percent_of_peak * median_ms) / min_ms).toFixed(0)}) %`;
}

/** Whether a row is a whole step or a whole inference, of one size. */
export function isStep({ workload, grows }) {
  return grows === undefined && /\b(step|fit|inference)\b/.test(workload);
}

/** Whether a row is a single kernel's, of one size. */
export function isKernel({ workload, grows }) {
  return grows === undefined && !/\b(step|fit|inference)\b/.test(workload);
}

/** Whether a row is of this library. */
export function isOwn({ engine }) {
  return engine === 'convgrad';
}

/** `tensorflow, native, 2 threads`; one thread is not said. */
export function engineLabel({ engine, variant, threads }) {
  const many = threads === 1 || threads === undefined ? '' : `, ${threads} threads`;
  return `${engine}, ${variant}${many}`;
}

/** Three digits. */
export function formatMilliseconds(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function formatRatio(ratio) {
  return `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)}×`;
}

/** Where the numbers come from. */
function origin({ cpu, node, date, commit, quiet }) {
  const moments = quiet ? ', quiet moments' : '';
  return `${cpu}, Node ${node.slice(1)}, ${date.slice(0, 10)}, commit ${commit.slice(0, 8)}${moments}.`;
}

/** The distinct values in their order. */
export function unique(values) {
  return [...new Set(values)];
}

/** A table as the formatter would leave it. */
function markdown(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) => {
    const padded = cells.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
