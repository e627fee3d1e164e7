/** Prints a record as the table of the README: node bench/table.mjs bench/records/FILE.json */

import { readFileSync } from 'node:fs';

const { about, rows } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const names = [...new Set(rows.map(({ workload }) => workload))];
const engines = [...new Set(rows.map(({ engine, variant }) => `${engine}, ${variant}`))];
console.log(`| median ms a step | ${names.join(' | ')} |`);
console.log(`|---|${names.map(() => '---:|').join('')}`);
for (const label of engines) {
  const cells = names.map((name) => {
    const row = rows.find(({ workload, engine, variant }) => workload === name && `${engine}, ${variant}` === label);
    if (row === undefined) return '';
    return `${row.median_ms < 10 ? row.median_ms.toFixed(2) : row.median_ms.toFixed(0)} (${row.ratio.toFixed(row.ratio < 10 ? 1 : 0)}×)`;
  });
  console.log(`| ${label} | ${cells.join(' | ')} |`);
}
console.log(
  `\n${about.cpu}, ${about.node}, one thread but for native, ${about.date.slice(0, 10)}, commit ${about.commit.slice(0, 8)}.`,
);
