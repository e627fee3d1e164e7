/** Charts of a record, in SVG: bars of engines on a logarithmic scale, shares of bounds, lines over sizes. */

import { engineLabel, formatMilliseconds, isKernel, isOwn, isStep, unique } from './tables.mjs';

const WIDTH = 760;
const LABEL = 345;
const ROW = 20;
const OWN = '#1a9850';
const OTHER = '#8c96a3';

/** A bar for each engine, as long as the logarithm of its time, workload by workload. */
export function stepChart({ rows }) {
  const steps = rows.filter(isStep);
  if (steps.length === 0) return '';
  const times = steps.map(({ median_ms }) => median_ms);
  const [low, high] = [Math.log10(Math.min(...times) / 2), Math.log10(Math.max(...times))];
  const groups = unique(steps.map(({ workload }) => workload)).map((workload) => ({
    title: `${workload}: milliseconds, logarithmic`,
    bars: steps
      .filter((row) => row.workload === workload)
      .map((row) => ({
        label: engineLabel(row),
        share: (Math.log10(row.median_ms) - low) / (high - low),
        text: `${formatMilliseconds(row.median_ms)} ms`,
        colour: isOwn(row) ? OWN : OTHER,
      })),
  }));
  return barChart('Time of a step', groups);
}

/** A bar for each kernel, as long as its share of what bounds it; relaxed build, one thread. */
export function kernelChart({ rows }) {
  const own = rows.filter((row) => isKernel(row) && isOwn(row) && row.variant === 'relaxed' && row.threads === 1);
  const groups = unique(own.map(({ bound }) => bound)).map((bound) => ({
    title: `percent of the bound: ${bound}`,
    bars: own
      .filter((row) => row.bound === bound)
      .map((row) => ({
        label: row.workload,
        share: Math.min(row.percent_of_peak / 130, 1),
        text: `${row.percent_of_peak.toFixed(0)} %`,
        colour: OWN,
      })),
  }));
  return groups.length === 0 ? '' : barChart('Kernels and what bounds them', groups);
}

function barChart(title, groups) {
  const room = WIDTH - LABEL - 90;
  let y = 8;
  const parts = groups.flatMap((group) => {
    y += 22;
    const head = text(8, y, group.title, 'font-weight="600"');
    y += 8;
    const bars = group.bars.map((bar) => {
      const width = Math.max(2, bar.share * room);
      const line = [
        text(LABEL - 8, y + 14, bar.label, 'text-anchor="end"'),
        `<rect x="${LABEL}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2" fill="${bar.colour}"/>`,
        text(LABEL + width + 6, y + 14, bar.text),
      ];
      y += ROW;
      return line.join('');
    });
    return [head, ...bars];
  });
  return picture(title, WIDTH, y + 12, parts);
}

/**
 * Lines over sizes, both axes logarithmic.
 *
 * @param lines `{ label, points: [size, value][] }`
 */
export function lineChart(title, { xTitle, lines }) {
  const [width, height, left, bottom, top, right] = [WIDTH, 340, 60, 46, 40, 190];
  const sizes = lines.flatMap(({ points }) => points.map(([size]) => size));
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const scale = (all, from, to) => {
    const [low, high] = [Math.log(Math.min(...all)), Math.log(Math.max(...all))];
    return (value) => from + ((Math.log(value) - low) / Math.max(high - low, 1e-9)) * (to - from);
  };
  const levels = levelsAround(Math.min(...values), Math.max(...values));
  const [x, y] = [scale(sizes, left, width - right), scale(levels, height - bottom, top)];
  const colours = ['#1a9850', '#2166ac', '#b2182b', '#8c6bb1', '#e08214'];
  const ticks = unique(sizes).sort((a, b) => a - b);
  const parts = [
    text(8, 20, title, 'font-weight="600"'),
    ...levels.map(
      (level) =>
        `<line x1="${left}" x2="${width - right}" y1="${y(level).toFixed(1)}" y2="${y(level).toFixed(1)}" stroke="#dedee3"/>${text(left - 6, y(level) + 4, level, 'text-anchor="end"')}`,
    ),
    ...ticks.map((size) => text(x(size), height - bottom + 18, size, 'text-anchor="middle"')),
    text((left + width - right) / 2, height - 8, xTitle, 'text-anchor="middle"'),
    ...lines.flatMap(({ label, points }, index) => {
      const colour = colours[index % colours.length];
      const path = points.map(([size, value]) => `${x(size).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
      const dots = points.map(
        ([size, value]) => `<circle cx="${x(size).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${colour}"/>`,
      );
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...dots,
        `<rect x="${width - right + 14}" y="${top + 22 * index}" width="12" height="12" rx="2" fill="${colour}"/>`,
        text(width - right + 32, top + 22 * index + 11, label),
      ];
    }),
  ];
  return picture(title, width, height, parts);
}

/** 1, 2, 5, 10, 20, … from below the least to above the most. */
function levelsAround(least, most) {
  const all = [-3, -2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  const first = all.findLastIndex((level) => level <= least);
  const last = all.findIndex((level) => level >= most);
  return all.slice(Math.max(first, 0), last + 1);
}

function text(x, y, words, more = '') {
  const escaped = String(words).replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${Number(x.toFixed(1))}" y="${Number(y.toFixed(1))}"${more === '' ? '' : ` ${more}`}>${escaped}</text>`;
}

function picture(title, width, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<rect width="100%" height="100%" fill="#fff"/>
<g font-family="system-ui, sans-serif" font-size="12" fill="#1b1b1f">
${parts.join('\n')}
</g>
</svg>
`;
}
