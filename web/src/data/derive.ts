// What is drawn, from what was counted: rates that survive a restart, percentiles of a sliding window, sums of series.
// Each function gives one number for each slot in [from, to); null where nothing is known, which is drawn as a gap.

import { BucketSum } from './buckets';
import type { Family, Series } from './series';
import type { Timeline } from './timeline';

export type Points = Array<number | null>;

/** The values of a column. */
export function values(series: Series, field: string, from: number, to: number): Points {
  const column = series.column(field)?.values;
  const points: Points = new Array<number | null>(to - from);
  for (let at = from; at < to; at++) points[at - from] = finite(column?.[at]);
  return points;
}

/**
 * Growth per second. A counter that fell was started anew and counts from 0, so no rate is negative.
 * `over`: how many seconds it is of, at least; for what changes once in that time, however fast frames come.
 */
export function rates(timeline: Timeline, series: Series, field: string, from: number, to: number, over = 0): Points {
  const column = series.column(field)?.values;
  const points: Points = new Array<number | null>(to - from);
  let before = Math.max(timeline.begin, from - 1);
  if (over > 0) before = Math.max(timeline.begin, timeline.lowerBound((timeline.times[from] ?? 0) - over) - 1);
  for (let at = from; at < to; at++) {
    const latest = (timeline.times[at] ?? 0) - over + EARLY_SECONDS;
    while (before + 1 < at && (timeline.times[before + 1] ?? 0) <= latest) before += 1;
    points[at - from] = before < at && column ? rateBetween(timeline, column, before, at) : null;
  }
  return points;
}

/** A tick may be that much early, and is still one. */
const EARLY_SECONDS = 0.05;

function rateBetween(timeline: Timeline, column: Float64Array, from: number, at: number): number | null {
  const before = column[from] ?? NaN;
  const after = column[at] ?? NaN;
  const seconds = (timeline.times[at] ?? 0) - (timeline.times[from] ?? 0);
  const more = after < before ? after : after - before;
  return seconds > 0 ? finite(more / seconds) : null;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Slot by slot; null only where all are. */
export function sum(parts: readonly Points[]): Points {
  const first = parts[0];
  if (!first) return [];
  return first.map((_, at) => {
    let total: number | null = null;
    for (const part of parts) {
      const value = part[at];
      if (value !== null && value !== undefined) total = (total ?? 0) + value;
    }
    return total;
  });
}

/** Percentiles of what was recorded in the `seconds` before each slot, over all series given. */
export function quantiles(
  timeline: Timeline,
  series: readonly Series[],
  qs: readonly number[],
  seconds: number,
  from: number,
  to: number,
): Points[] {
  const window = new BucketSum();
  const lines = qs.map(() => [] as Points);
  let oldest = timeline.lowerBound((timeline.times[from] ?? 0) - seconds + 0.001);
  for (let at = oldest; at < to; at++) {
    addGrowth(window, series, at, 1);
    while ((timeline.times[oldest] ?? 0) <= (timeline.times[at] ?? 0) - seconds) addGrowth(window, series, oldest++, -1);
    if (at < from) continue;
    const isGap = series.every((one) => one.buckets?.growths[at] == null);
    const found = isGap ? qs.map(() => null) : window.quantiles(qs);
    lines.forEach((line, i) => line.push(withinExtremes(found[i] ?? null, series)));
  }
  return lines;
}

function addGrowth(window: BucketSum, series: readonly Series[], at: number, sign: 1 | -1): void {
  for (const one of series) {
    const grown = one.buckets?.growths[at];
    if (grown) window.add(grown, sign);
  }
}

/** A bucket's edge may lie beyond all that was ever measured; a percentile may not. */
function withinExtremes(value: number | null, series: readonly Series[]): number | null {
  if (value === null) return null;
  let least = Infinity;
  let most = -Infinity;
  for (const one of series) {
    least = Math.min(least, one.buckets?.least ?? NaN);
    most = Math.max(most, one.buckets?.most ?? NaN);
  }
  if (value > most) return most;
  return value < least ? least : value;
}

/** The series whose sum is the family's: the one without labels where there is one, since it already holds all others. */
export function summands(family: Family): Series[] {
  const whole = family.series.find((series) => Object.keys(series.labels).length === 0);
  return whole ? [whole] : family.series;
}

/** The last known number, or null. */
export function latest(points: Points): number | null {
  return points[points.length - 1] ?? null;
}

export function mean(points: Points): number | null {
  const known = points.filter((value): value is number => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
