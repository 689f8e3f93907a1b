// Figures of the last minutes, for the rules of the verdict.

import { mean, summands, values, sum } from '../data/derive';
import type { Family, Series } from '../data/series';
import type { Store } from '../data/store';
import { durationText } from '../format/numbers';
import { familiesLike, familyNamed } from './names';

export interface RecentFigures {
  /** The known part of the last minutes, in words: `minute`, `5 minutes`, or `12 s`. */
  lastOf(seconds: number): string;
  /** The mean of a family's sum over the last seconds; null without the family. */
  mean(name: string, seconds: number, labels?: Readonly<Record<string, string>>): number | null;
  /** The rise of a family's sum in the last seconds; a counter that fell counts from 0. */
  growth(name: string, seconds: number): number | null;
  /** Names of the families that match. */
  named(pattern: RegExp): string[];
  /** The largest of a family's series, and its labels. */
  largest(name: string, seconds: number): { value: number; series: Series } | null;
}

export function recentFiguresOf(store: Store): RecentFigures {
  const { timeline } = store;
  const from = (seconds: number) => timeline.lowerBound(timeline.lastTime - seconds + 0.001);
  const meanOf = (several: readonly Series[], seconds: number) =>
    mean(sum(several.filter((one) => one.alive).map((one) => values(one, 'value', from(seconds), timeline.end).map(finite))));
  const find = (name: string) => store.families.get(name) ?? familyNamed(store, name);
  return {
    lastOf: (seconds) => {
      const known = timeline.lastTime - timeline.firstTime;
      if (known < seconds - 1) return durationText(known);
      return seconds === 60 ? 'minute' : `${seconds / 60} minutes`;
    },
    mean: (name, seconds, labels) => meanOf(matching(find(name), labels), seconds),
    growth: (name, seconds) => {
      const family = find(name);
      if (!family) return null;
      const grown = summands(family).map((series) => growthOf(series, from(seconds + 1), timeline.end));
      return grown.reduce((a, b) => a + b, 0);
    },
    named: (pattern) => familiesLike(store, pattern).map((family) => family.name),
    largest: (name, seconds) => {
      let best: { value: number; series: Series } | null = null;
      for (const series of find(name)?.series ?? []) {
        const value = meanOf([series], seconds);
        if (value !== null && (!best || value > best.value)) best = { value, series };
      }
      return best;
    },
  };
}

const finite = (value: number | null) => (Number.isFinite(value) ? value : null);

function matching(family: Family | undefined, labels: Readonly<Record<string, string>> = {}): Series[] {
  if (!family) return [];
  const wanted = Object.entries(labels);
  if (wanted.length === 0) return summands(family);
  return family.series.filter((series) => wanted.every(([key, value]) => series.labels[key] === value));
}

/** The sum of all rises. A fall is a restart for a counter, and no loss for any other kind. */
function growthOf(series: Series, from: number, to: number): number {
  const column = series.column(series.family.kind === 'histogram' ? 'count' : 'value')?.values;
  const restarts = series.family.kind === 'counter' || series.family.kind === 'histogram';
  let total = 0;
  let before = NaN;
  for (let at = from; at < to; at++) {
    const value = column?.[at] ?? NaN;
    if (Number.isNaN(value)) continue;
    if (value >= before) total += value - before;
    else if (value < before && restarts) total += value;
    before = value;
  }
  return total;
}
