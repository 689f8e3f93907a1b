// A chart in words and numbers, for screen readers.

import type uPlot from 'uplot';
import { mean, type Points } from '../data/derive';
import { amountText, clockText, durationText } from '../format/numbers';
import type { Line } from '../model/lines';
import type { ChartTime } from './chart_time';

interface Figures {
  readonly label: string;
  readonly now: number | null;
  readonly least: number | null;
  readonly mean: number | null;
  readonly most: number | null;
}

function figuresOf(label: string, points: ArrayLike<number | null | undefined>): Figures {
  const known = Array.from(points).filter((value): value is number => typeof value === 'number');
  return {
    label,
    now: (points[points.length - 1] as number | null | undefined) ?? null,
    least: known.length ? Math.min(...known) : null,
    mean: mean(known as Points),
    most: known.length ? Math.max(...known) : null,
  };
}

/** One sentence: the current values of the first lines, and their ranges. */
export function summaryOf(title: string, lines: readonly Line[], data: uPlot.AlignedData, unit: string, restarts: readonly number[] = []): string {
  const times = data[0];
  const first = times[0];
  const last = times[times.length - 1];
  if (first === undefined || last === undefined) return `${title}: no values yet.`;
  const parts = lines.slice(0, 4).map((line, i) => {
    const { now, least, most } = figuresOf(line.label, data[i + 1] ?? []);
    if (least === null) return `${line.label} had no values`;
    return `${line.label} is ${amountText(now, unit)}, between ${amountText(least, unit)} and ${amountText(most, unit)}`;
  });
  const more = lines.length > 4 ? `; and ${lines.length - 4} more lines` : '';
  const seen = restarts.filter((time) => time >= first && time <= last).map((time) => ` The server restarted at ${clockText(time)}.`);
  return `${title}, the ${durationText(last - first)} until ${clockText(last)}: ${parts.join('; ')}${more}.${seen.join('')}`;
}

export function ChartTable({ title, lines, time, unit }: { title: string; lines: readonly Line[]; time: ChartTime; unit: string }) {
  void time.version.value;
  const { points } = time.columns(lines);
  const rows = lines.map((line, i) => figuresOf(line.label, points[i] ?? []));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`Table of ${title}`}>
      <table>
        <thead>
          <tr><th scope="col">Series</th><th scope="col">Now</th><th scope="col">Least</th><th scope="col">Mean</th><th scope="col">Most</th></tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.label}>
              <th scope="row">{row.label}</th>
              {[row.now, row.least, row.mean, row.most].map((value, i) => <td key={i} class="number">{amountText(value, unit)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
