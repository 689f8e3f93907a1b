// The lines of a chart: named functions from a range of the timeline to points.

import { quantiles, rates, sum, summands, values, type Growing, type Points } from '../data/derive';
import { labelText, type Family, type Series } from '../data/series';
import type { Store } from '../data/store';
import { rateUnit, UNIX_MILLISECONDS, UNIX_SECONDS } from '../format/numbers';
import { isApplication } from './names';
import { clampedPast, familyPast, pastOf, QUANTILE, QUANTILE_SECONDS, summedPast, type PastQuery } from './promql';

export interface Line {
  readonly label: string;
  readonly points: (from: number, to: number) => Points;
  /** The same from the server's history, for moments before the page was opened. */
  readonly past?: PastQuery | undefined;
}

/** How a series is viewed. */
export type View = 'rate' | 'raw' | 'p50' | 'p95' | 'p99' | 'mean';

export function viewsOf(family: Family): View[] {
  switch (family.kind) {
    case 'counter': return ['rate', 'raw'];
    case 'histogram': return ['p95', 'p50', 'p99', 'mean', 'rate', 'raw'];
    case 'window': return ['p95', 'p50', 'p99', 'mean', 'raw'];
    default: return ['raw', 'rate'];
  }
}

export function unitOf(family: Family, view: View): string {
  const counts = family.kind === 'histogram' || family.kind === 'window';
  if (view === 'rate') return counts ? '/s' : rateUnit(family.unit);
  if (view === 'raw' && family.kind === 'gauge') return momentUnit(family) ?? family.unit;
  return view === 'raw' && counts ? '' : family.unit;
}

/** A gauge of seconds may hold a point in time: its size tells. */
function momentUnit(family: Family): string | undefined {
  if (family.unit === 'seconds' || (family.unit === '' && family.name.endsWith('timestamp'))) return UNIX_SECONDS;
  return family.unit === 'milliseconds' ? UNIX_MILLISECONDS : undefined;
}

/** Points of one or several series in one view. */
export function pointsOf(store: Store, series: readonly Series[], view: View): Line['points'] {
  const family = series[0]?.family;
  if (!family) return () => [];
  const each = (make: (one: Series, from: number, to: number) => Points) => (from: number, to: number) =>
    sum(series.map((one) => make(one, from, to)));
  const q = QUANTILE[view];
  if (q !== undefined && family.kind === 'histogram') return (from, to) => firstOf(quantiles(store.timeline, series, [q], QUANTILE_SECONDS, from, to));
  if (view === 'mean' && family.kind === 'histogram') return (from, to) => meanPoints(store, series, from, to);
  if (family.kind === 'window') return each((one, from, to) => values(one, view === 'raw' ? 'count' : view, from, to));
  const field = family.kind === 'histogram' ? 'count' : 'value';
  if (view !== 'rate') return each((one, from, to) => values(one, field, from, to));
  return each((one, from, to) => rates(store.timeline, one, field, from, to, growing(store, family)));
}

/** Kymo's own figures change once a tick. A gauge that falls was not restarted. */
function growing(store: Store, family: Family): Growing {
  return { counts: family.kind === 'counter' || family.kind === 'histogram', every: isApplication(family) ? 0 : store.timeline.tickSeconds };
}

const firstOf = (lines: Points[]): Points => lines[0] ?? [];

/** The mean of the values between two frames. */
function meanPoints(store: Store, series: readonly Series[], from: number, to: number): Points {
  const grown = (field: string) => sum(series.map((one) => rates(store.timeline, one, field, from, to, growing(store, one.family))));
  const total = grown('sum');
  const count = grown('count');
  return total.map((value, at) => (value !== null && count[at] ? value / (count[at] ?? 1) : null));
}

export function familyLine(store: Store, family: Family, view: View, label = family.name): Line {
  return { label, points: (from, to) => pointsOf(store, summands(family), view)(from, to), past: familyPast(family, view) };
}

export function seriesLine(store: Store, series: Series, view: View, label: string): Line {
  return { label, points: pointsOf(store, [series], view), past: pastOf([series], view) };
}

export function seriesLines(store: Store, family: Family, view: View, most: number): Line[] {
  const several = family.series.filter((series) => series.alive);
  return several.slice(0, most).map((series) => seriesLine(store, series, view, labelText(series.labels) || (several.length > 1 ? 'all' : family.name)));
}

/** Rises only: a count of losses that falls was corrected. */
export function climbing(line: Line): Line {
  return { ...line, points: (from, to) => line.points(from, to).map((value) => (value === null ? null : Math.max(0, value))), past: clampedPast(line.past) };
}

export function sumLine(label: string, lines: readonly Line[]): Line {
  return { label, points: (from, to) => sum(lines.map((line) => line.points(from, to))), past: summedPast(lines.map((line) => line.past)) };
}
