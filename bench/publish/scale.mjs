/** The charts of `bench scale`: nanoseconds for a thousand floating point operations, over a size that grows. */

import { lineChart } from './chart.mjs';
import { unique } from './tables.mjs';

/** A picture for each size that grows; empty when the record has no such rows. */
export function scaleCharts({ rows }) {
  const scaled = rows.filter(
    ({ grows, variant, threads }) => grows !== undefined && variant === 'relaxed' && threads === 1,
  );
  if (scaled.length === 0) return '';
  const pictures = unique(scaled.map(({ grows }) => grows)).map((grows) => {
    const own = scaled.filter((row) => row.grows === grows);
    const lines = unique(own.map(({ what }) => what)).map((what) => ({
      label: what,
      points: own.filter((row) => row.what === what).map(({ size, gflops }) => [size, 1000 / gflops]),
    }));
    const title = `Nanoseconds for 1,000 FLOP, as the ${grows} grow${grows.endsWith('s') ? '' : 's'}`;
    return [`scale-${grows}`, lineChart(title, { xTitle: grows, lines })];
  });
  return Object.fromEntries(pictures);
}
