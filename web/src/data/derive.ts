// Derives drawn values from counts: rates that survive a restart, percentiles of a sliding window, sums of series.
// Each function gives one number for each slot in [from, to); null where nothing is known, which is drawn as a gap.

import { BucketSum } from './buckets';
import type { Family, Series } from './series';
import type { Timeline } from './timeline';

export type Points = Array<number | null>;

/** The values of a column, infinities too. */
export function values(series: Series, field: string, from: number, to: number): Points {
  const column = series.column(field)?.values;
  const points: Points = new Array<number | null>(to - from);
  for (let at = from; at < to; at++) points[at - from] = known(column?.[at]);
  return points;
}

/** How the growth of a column is read. */
export interface Growing {
  /** A counter that fell was restarted and counts from 0, so its rate is never negative. */
  readonly counts: boolean;
  /** For what changes once in that time only, however fast frames come; 0: with each frame. */
  readonly every: number;
}

const COUNTER: Growing = { counts: true, every: 0 };
/** Two frames that come closer say nothing of what is between them: the first one after a subscription comes at any time. */
const LEAST_SECONDS = 0.05;
/** A change may be this much early. */
const EARLY_SECONDS = 0.05;
/** Where frames come faster than changes, one that is later than that share of its time is none. */
const LATEST_CHANGE = 1.3;
const IS_FASTER = 0.6;

/** Growth per second. */
export function rates(timeline: Timeline, series: Series, field: string, from: number, to: number, how = COUNTER): Points {
  const column = series.column(field)?.values;
  const points: Points = new Array<number | null>(to - from);
  for (let at = from; at < to; at++) points[at - from] = column ? rateAt(timeline, column, at, how) : null;
  return points;
}

function rateAt({ times, begin }: Timeline, column: Float64Array, at: number, { counts, every }: Growing): number | null {
  const secondsSince = (slot: number, until: number) => (times[until] ?? 0) - (times[slot] ?? 0);
  const isNew = (slot: number) => column[slot] !== column[slot - 1];
  const isFast = at > begin && secondsSince(at - 1, at) < every * IS_FASTER;
  let last = at;
  if (isFast) {
    // The change that the moment is of: its own, or an earlier one that the next has not followed yet.
    while (last > begin + 1 && !isNew(last) && secondsSince(last - 1, at) < every * LATEST_CHANGE) last -= 1;
    if (!isNew(last)) last = at;
  }
  const least = isFast ? every - EARLY_SECONDS : LEAST_SECONDS;
  let before = last - 1;
  while (before > begin && secondsSince(before, last) < least && !Number.isNaN(column[before - 1]) && !(isFast && isNew(before))) before -= 1;
  const seconds = secondsSince(before, last);
  return before < begin || seconds < LEAST_SECONDS ? null : rateBetween(column[before] ?? NaN, column[last] ?? NaN, seconds, counts);
}

function rateBetween(before: number, after: number, seconds: number, counts: boolean): number | null {
  const more = counts && after < before ? after : after - before;
  return finite(more / seconds);
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
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
    return known(total ?? undefined);
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

/** A bucket's border may lie beyond all measured values; a percentile may not. */
function withinExtremes(value: number | null, series: readonly Series[]): number | null {
  if (value === null) return null;
  let least = Infinity;
  let most = -Infinity;
  for (const one of series) {
    if (one.buckets && one.buckets.least < least) least = one.buckets.least;
    if (one.buckets && one.buckets.most > most) most = one.buckets.most;
  }
  if (least > most) return value;
  if (value > most) return most;
  return value < least ? least : value;
}

/**
 * The series whose sum is the family's: the one without labels where there is one, since it already holds all others. One that has
 * ended no longer does.
 */
export function summands(family: Family): Series[] {
  const whole = family.series.find((series) => Object.keys(series.labels).length === 0);
  if (!whole) return family.series;
  const parts = family.series.filter((series) => series !== whole);
  return whole.alive || !parts.some((series) => series.alive) ? [whole] : parts;
}

/** The last known number, or null. */
export function latest(points: Points): number | null {
  return points[points.length - 1] ?? null;
}

export function mean(points: Points): number | null {
  const there = points.filter((value): value is number => value !== null);
  return there.length === 0 ? null : there.reduce((a, b) => a + b, 0) / there.length;
}
