/** The report's HTML: one file that needs nothing else. */

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

/** A part of the report. */
export interface Section {
  /** Heading. */
  readonly title: string;
  /** A sentence. */
  readonly text: string;
  /** The pictures. */
  readonly figures: readonly Figure[];
}

/** What a page shows. */
export interface Page {
  readonly title: string;
  readonly lead: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly curve: {
    readonly epochs: readonly number[];
    readonly loss: readonly number[];
    readonly accuracy: readonly number[];
  };
  readonly sections: readonly Section[];
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
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; } p { margin: 0 0 .75rem; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; } dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; } figure { margin: 0; text-align: center; }
figure img { image-rendering: pixelated; display: block; border: 2px solid var(--line); border-radius: .25rem; margin: 0 auto; }
figcaption { font-size: .8rem; color: var(--soft); } figure.wrong img { border-color: var(--wrong); } figure.wrong figcaption { color: var(--wrong); }
`;

/** The page as text. */
export function renderPage(page: Page): string {
  const figure = ({ image, side, caption, wrong }: Figure): string =>
    `<figure${wrong === true ? ' class="wrong"' : ''}><img src="${image}" width="${side}" height="${side}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
  const section = ({ title, text, figures }: Section): string =>
    `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(text)}</p><div class="figures">${figures.map(figure).join('\n')}</div>`;
  const facts = page.facts
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('\n');
  const data = JSON.stringify([page.curve.epochs, page.curve.loss, page.curve.accuracy]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title><style>${page.plot.style}${style}</style></head><body>
<h1>${escapeHtml(page.title)}</h1><p>${escapeHtml(page.lead)}</p>
<dl>${facts}</dl>
<h2>Course of training</h2><p>Mean loss of a sample (left axis) and share of right answers (right axis) of each epoch.</p>
<div id="curve"></div>
${page.sections.map(section).join('\n')}
<script>${page.plot.script}</script>
<script>
const data = ${data};
const place = document.getElementById('curve');
new uPlot({
  width: Math.min(place.clientWidth, 928), height: 320,
  scales: { x: { time: false }, accuracy: { range: [0, 1] } },
  series: [{ label: 'epoch' }, { label: 'loss', stroke: '#2166ac', width: 2 }, { label: 'accuracy', stroke: '#1a9850', width: 2, scale: 'accuracy' }],
  axes: [{ label: 'epoch' }, { label: 'loss' }, { label: 'accuracy', scale: 'accuracy', side: 1, grid: { show: false } }],
}, data, place);
</script></body></html>
`;
}
