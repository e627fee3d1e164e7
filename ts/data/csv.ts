/** Pictures in comma-separated lines: the label first, then the pixels row by row. */

import { FormatError } from '../errors';
import type { LabelledImages } from './dataset';

/**
 * Reads lines `label,pixel,pixel,…`, all of one length; a first line of names is skipped; pictures are square.
 * When a column is named `label`, `class`, `target` or `digit` it is the label's, else the first column is. Pixels
 * are scaled so that the largest of the file becomes 1, which suits 0 … 16, 0 … 255 and 0 … 1 alike.
 *
 * @param name - Begins error messages.
 * @throws {FormatError} naming the file, the line and what is wrong with it.
 */
export function readCsv(text: string, name: string): LabelledImages {
  const lines = text.split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const isHeader = header.some((cell) => cell !== '' && Number.isNaN(Number(cell)));
  const named = header.findIndex((cell) => ['label', 'class', 'target', 'digit'].includes(cell.toLowerCase()));
  const labelColumn = isHeader && named >= 0 ? named : 0;
  const rows: { line: number; cells: string[] }[] = [];
  for (let index = isHeader ? 1 : 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line.trim() !== '') rows.push({ line: index + 1, cells: line.split(',') });
  }
  const columns = rows[0]?.cells.length;
  if (columns === undefined) throw new FormatError(`${name}: expected lines of numbers, got none`);
  const side = Math.round(Math.sqrt(columns - 1));
  if (side < 1 || side * side !== columns - 1) {
    throw new FormatError(
      `${name}: expected a label and a square number of pixels in line ${rows[0]?.line}, got ${columns} columns`,
    );
  }
  const pixels = new Float32Array(rows.length * side * side);
  const labels = new Int32Array(rows.length);
  let largest = 0;
  rows.forEach(({ line, cells }, row) => {
    if (cells.length !== columns) {
      throw new FormatError(`${name}: expected ${columns} columns in line ${line}, got ${cells.length}`);
    }
    let next = row * side * side;
    cells.forEach((cell, column) => {
      const value = cell.trim() === '' ? Number.NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new FormatError(
          `${name}: expected a number in line ${line}, column ${column + 1}, got ${JSON.stringify(cell.slice(0, 20))}`,
        );
      }
      if (column === labelColumn) {
        if (!Number.isInteger(value)) {
          throw new FormatError(`${name}: expected an integer label in line ${line}, got ${value}`);
        }
        labels[row] = value;
      } else {
        if (value < 0) throw new FormatError(`${name}: expected pixels ≥ 0 in line ${line}, got ${value}`);
        largest = Math.max(largest, value);
        pixels[next++] = value;
      }
    });
  });
  if (largest > 0)
    for (let index = 0; index < pixels.length; index++) pixels[index] = (pixels[index] as number) / largest;
  return { images: pixels, labels, count: rows.length, height: side, width: side };
}
