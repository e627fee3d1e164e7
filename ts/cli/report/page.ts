/** The report's HTML: one file that needs nothing else. */

import type { History } from '../../index';

/** A picture with a line below it. */
export interface Figure {
  /** Data URL. */
  readonly image: string;
  /** Side on the page in CSS pixels. */
  readonly side: number;
  /** Line below. */
  readonly caption: string;
  /** Whether the answer that it shows was wrong. */
  readonly wrong?: boolean;
}

/** A table of counts with a share at the end of each row. */
export interface CountTable {
  /** What a row's and a column's name is. */
  readonly corner: string;
  /** Heading of the shares. */
  readonly shareName: string;
  /** `counts[row][column]`; the diagonal is what is wanted. */
  readonly counts: readonly (readonly number[])[];
  /** The last cell of each row. */
  readonly shares: readonly string[];
}

/** A part of an act. */
export interface Section {
  /** Heading. */
  readonly title: string;
  /** A sentence. */
  readonly text: string;
  /** The pictures. */
  readonly figures: readonly Figure[];
  /** Above them. */
  readonly table?: CountTable;
}

/** What one network learned. */
export interface Act {
  /** Its name in the page's addresses. */
  readonly name: string;
  readonly title: string;
  readonly lead: string;
  readonly facts: readonly (readonly [string, string])[];
  /** Loss and accuracy of each epoch. */
  readonly curve: History;
  readonly sections: readonly Section[];
}

/** What a page shows. */
export interface Page {
  readonly title: string;
  readonly acts: readonly Act[];
  /** uPlot's script and style, put into the page. */
  readonly plot: { readonly script: string; readonly style: string };
}

/** Text for HTML. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

const style = `
:root { color-scheme: light; --ink: #1b1b1f; --soft: #63636b; --line: #dedee3; --wrong: #b2182b; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } section + section { margin-top: 3.5rem; border-top: 1px solid var(--line); padding-top: 2rem; }
nav { display: flex; gap: 1.25rem; margin-bottom: 1.5rem; } a { color: #2166ac; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; } p { margin: 0 0 .75rem; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; } dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; } figure { margin: 0; text-align: center; }
figure img { image-rendering: pixelated; display: block; border: 2px solid var(--line); border-radius: .25rem; margin: 0 auto; }
.counts { overflow-x: auto; } table { border-collapse: separate; border-spacing: 2px; font-size: .9rem; font-variant-numeric: tabular-nums; margin-bottom: .75rem; }
th { color: var(--soft); font-weight: 400; padding: .1rem .4rem; } td { text-align: center; min-width: 2.4rem; padding: .25rem .4rem; border-radius: .25rem; } td.share { text-align: right; }
figcaption { font-size: .8rem; color: var(--soft); } figure.wrong img { border-color: var(--wrong); } figure.wrong figcaption { color: var(--wrong); }
`;

const figure = ({ image, side, caption, wrong }: Figure): string =>
  `<figure${wrong === true ? ' class="wrong"' : ''}><img src="${image}" width="${side}" height="${side}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

/** Green for what is wanted, red for what is not, the deeper the more of its row. */
function countTable({ corner, shareName, counts, shares }: CountTable): string {
  const head = counts.map((_, column) => `<th scope="col">${column}</th>`).join('');
  const rows = counts.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, column) => {
      if (count === 0) return '<td></td>';
      const depth = column === label ? 0.1 + (0.35 * count) / total : 0.25 + (0.75 * count) / total;
      const colour = column === label ? '26,152,80' : '178,24,43';
      return `<td style="background:rgba(${colour},${depth.toFixed(2)})">${count}</td>`;
    });
    return `<tr><th scope="row">${label}</th>${cells.join('')}<td class="share">${escapeHtml(shares[label] ?? '')}</td></tr>`;
  });
  return `<div class="counts"><table><thead><tr><th>${escapeHtml(corner)}</th>${head}<th scope="col">${escapeHtml(shareName)}</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

const section = ({ title, text, figures, table }: Section): string =>
  `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(text)}</p>${table === undefined ? '' : countTable(table)}<div class="figures">${figures.map(figure).join('\n')}</div>`;

function act({ name, title, lead, facts, sections }: Act): string {
  const cards = facts.map(([fact, value]) => `<div><dt>${escapeHtml(fact)}</dt><dd>${escapeHtml(value)}</dd></div>`);
  return `<section id="${name}"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(lead)}</p>
<dl>${cards.join('\n')}</dl>
<h2>Course of training</h2><p>Mean loss of a sample (left axis) and share of right answers (right axis) of each epoch.</p>
<div class="curve"></div>
${sections.map(section).join('\n')}</section>`;
}

/** The page as text. */
export function renderPage({ title, acts, plot }: Page): string {
  const curves = acts.map(({ curve: { epoch, history } }) => [
    epoch.map((index) => index + 1),
    history.loss ?? [],
    history.accuracy ?? [],
  ]);
  const links = acts.map(({ name, title }) => `<a href="#${name}">${escapeHtml(title)}</a>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${plot.style}${style}</style></head><body>
${acts.length > 1 ? `<nav>${links.join('')}</nav>` : ''}
${acts.map(act).join('\n')}
<script>${plot.script}</script>
<script>
const curves = ${JSON.stringify(curves)};
for (const [index, place] of document.querySelectorAll('.curve').entries()) new uPlot({
  width: Math.min(place.clientWidth, 928), height: 320,
  scales: { x: { time: false }, accuracy: { range: [0, 1] } },
  series: [{ label: 'epoch' }, { label: 'loss', stroke: '#2166ac', width: 2 }, { label: 'accuracy', stroke: '#1a9850', width: 2, scale: 'accuracy' }],
  axes: [{ label: 'epoch' }, { label: 'loss' }, { label: 'accuracy', scale: 'accuracy', side: 1, grid: { show: false } }],
}, curves[index], place);
</script></body></html>
`;
}
