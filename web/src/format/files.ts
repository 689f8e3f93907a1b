// Saves a chart's data and picture as files.

import type { Line } from '../model/lines';

/** A field of RFC 4180. Formulas become text, so a spreadsheet does not run them. */
export function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

type Columns = ReadonlyArray<ArrayLike<number | null | undefined>>;

/** One line a moment: its time, then the value of each series; empty if unknown. */
export function csvText(labels: readonly string[], data: Columns): string {
  const rows = [['time', ...labels].map(csvField).join(',')];
  const times = data[0] ?? [];
  for (let at = 0; at < times.length; at++) {
    const time = new Date((times[at] ?? 0) * 1000).toISOString();
    const values = labels.map((_, i) => data[i + 1]?.[at] ?? '');
    rows.push([time, ...values].join(','));
  }
  return `${rows.join('\r\n')}\r\n`;
}

function fileName(title: string, extension: string): string {
  return `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 80) || 'chart'}.${extension}`;
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveCsv(title: string, lines: readonly Line[], data: Columns): void {
  const text = csvText(lines.map((line) => line.label), data);
  save(new Blob([text], { type: 'text/csv;charset=utf-8' }), fileName(title, 'csv'));
}

/** The canvas on the page's ground: transparent charts are unreadable elsewhere. */
export function savePng(title: string, canvas: HTMLCanvasElement, ground: string): void {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  if (!context) return;
  context.fillStyle = ground;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((content) => content && save(content, fileName(title, 'png')));
}
