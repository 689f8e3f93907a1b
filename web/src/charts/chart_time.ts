// The moments that a chart shows: those of the page's timeline, which all charts share, or some of a chart's own.

import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';
import type { Points } from '../data/derive';
import type { Grid, PastValues } from '../data/past';
import type { Line } from '../model/lines';
import { page } from '../page';
import { isLive, slotsOf, stepOf, windowOf } from './view_window';

/** The values of lines at the moments shown. */
export interface Columns {
  readonly times: readonly number[];
  /** For each line a value, or null, at each of the times. */
  readonly points: readonly Points[];
  /** Why a part of the past is not shown, in words. */
  readonly fault: string;
}

export interface ChartTime {
  /** Whether zoom, cursor and pause are of all charts together. */
  readonly isShared: boolean;
  /** Changes when there is something new. */
  readonly version: ReadonlySignal<number>;
  columns(lines: readonly Line[]): Columns;
  /** What is shown, Unix time. */
  window(): [begin: number, end: number];
}

/** After that time the page has seen enough for percentiles of its own. */
const SETTLED_SECONDS = 11;
const LOOKBACK_TICKS = 3;
/** In a long window, values of the history follow the live ones after as many steps, and seconds. */
const FOLLOWS_STEPS = 5;
const FOLLOWS_SECONDS = 30;

/** The moments that the history is asked for; null where the page itself has seen all that is shown. */
export function pastGrid(step = 0): Grid | null {
  const { timeline } = page.store;
  if (Number.isNaN(timeline.pastBegin) || page.past.isMissing.value || timeline.length === 0) return null;
  const { since, lastTime, firstTime, tickSeconds: tick, keptSeconds } = timeline;
  const [from, to] = windowOf(timeline);
  const settled = since + SETTLED_SECONDS;
  const isLong = to - from > keptSeconds;
  // Just opened, the page has the history until its own first moment; once settled, until it is.
  const ownBegin = lastTime < settled ? since : settled;
  if (!isLong && from >= Math.max(firstTime, settled) - 2 * tick) return null;
  step ||= stepOf(to - from);
  const follows = Math.max(FOLLOWS_STEPS * step, FOLLOWS_SECONDS);
  const newest = !isLive.value ? lastTime - tick : Math.max(ownBegin, isLong ? Math.floor((lastTime - tick) / follows) * follows : firstTime);
  return {
    step,
    first: Math.floor(Math.max(from, timeline.pastBegin - step) / step),
    last: Math.floor(Math.min(to, newest) / step),
  };
}

/** The history's values on the grid until `last`, where they are known. */
function onGrid({ first, values }: PastValues<number>, grid: Grid, last: number): Points {
  return Array.from({ length: last - grid.first + 1 }, (_, i) => values[grid.first + i - first] ?? null);
}

/** A value of the history stands for a step, and for some ticks: a longer silence is a gap. */
export const lookbackOf = ({ step }: Grid) => Math.max(step, LOOKBACK_TICKS * page.store.timeline.tickSeconds);

function readPast(lines: readonly Line[], grid: Grid): Array<PastValues<number> | null> {
  const tick = page.store.timeline.tickSeconds;
  return lines.map((line) => {
    const query = line.past?.({ step: grid.step, tick });
    return query ? page.past.read(query, grid, lookbackOf(grid)) : null;
  });
}

/** The last multiple of the step that all lines with a known past reach; NaN where none is known. */
function reach(pasts: ReadonlyArray<PastValues<number> | null>, grid: Grid): number {
  const ends = pasts.filter((past) => past !== null && past.values.length > 0).map((past) => (past ? past.first + past.values.length - 1 : NaN));
  return ends.length === 0 ? NaN : Math.min(grid.last, ...ends);
}

function liveColumns(lines: readonly Line[], from: number, to: number): Columns {
  return { times: Array.from(page.store.timeline.times.subarray(from, to)), points: lines.map((line) => line.points(from, to)), fault: '' };
}

/** Until the page has seen enough, nothing recorded is nothing known: the last value goes on. */
function bridged(points: Points, times: readonly number[], last: number | null): Points {
  const settled = page.store.timeline.since + SETTLED_SECONDS;
  const known = points.findIndex((value, at) => value !== null || (times[at] ?? 0) > settled);
  return known > 0 ? points.map((value, at) => (at < known ? last : value)) : points;
}

/** The history first, then what the page has seen since: no moment comes twice. */
function pageColumns(lines: readonly Line[]): Columns {
  const { timeline } = page.store;
  const [from, to] = slotsOf(timeline);
  const grid = pastGrid();
  if (!grid) return liveColumns(lines, from, to);
  const pasts = readPast(lines, grid);
  const fault = pasts.find((past) => past?.fault)?.fault ?? '';
  const last = reach(pasts, grid);
  if (!(last >= grid.first)) return { ...liveColumns(lines, from, to), fault };
  // The page's first moment has no rate yet.
  const joinsAt = Math.max(last * grid.step, last === grid.last ? Math.min(timeline.since, grid.last * grid.step + grid.step) : -Infinity);
  const begin = Math.min(to, Math.max(from, timeline.lowerBound(joinsAt + 0.0005)));
  const live = liveColumns(lines, begin, to);
  return {
    times: [...Array.from({ length: last - grid.first + 1 }, (_, i) => (grid.first + i) * grid.step), ...live.times],
    points: live.points.map((points, i) => {
      const past = pasts[i];
      const before = past ? onGrid(past, grid, last) : new Array<null>(last - grid.first + 1).fill(null);
      return [...before, ...bridged(points, live.times, before[before.length - 1] ?? null)];
    }),
    fault,
  };
}

export const PAGE_TIME: ChartTime = {
  isShared: true,
  version: page.store.version,
  columns: pageColumns,
  window: () => windowOf(page.store.timeline),
};

/** Values that a server remembers, at moments of their own. */
export class PastTime implements ChartTime {
  readonly isShared = false;
  readonly version = signal(0);
  private times: readonly number[] = [];
  private known: readonly Points[] = [];
  private shown: [number, number] = [NaN, NaN];

  /** The columns have a value, or null, for each of the times. */
  set(times: readonly number[], columns: readonly Points[], shown: [begin: number, end: number]): void {
    this.times = times;
    this.known = columns;
    this.shown = shown;
    this.version.value += 1;
  }

  columns(lines: readonly Line[]): Columns {
    return { times: this.times, points: lines.map((line) => line.points(0, this.times.length)), fault: '' };
  }

  window(): [number, number] {
    return this.shown;
  }

  line(label: string, column: number): Line {
    return { label, points: (from, to) => (this.known[column] ?? []).slice(from, to) };
  }
}
