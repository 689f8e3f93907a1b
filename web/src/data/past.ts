// Values from the server's history: for each query one stretch of values at whole multiples of a step. A chart reads what is there;
// what is missing is requested, a few queries at a time.

import { signal } from '@preact/signals';
import type { Answer } from '../protocol/ask';
import type { RangeAnswer, RangeRequest, RangeSeries } from '../protocol/prometheus';

/** Moments on a grid: multiples `first` to `last` of `step` seconds. */
export interface Grid {
  readonly step: number;
  readonly first: number;
  readonly last: number;
}

export interface PastValues<T> {
  /** The multiple that has the first value. */
  readonly first: number;
  readonly values: ReadonlyArray<T | null>;
  /** Why the last request failed, in words. */
  readonly fault: string;
}

interface Stretch<T> {
  readonly query: string;
  readonly step: number;
  readonly lookback: number;
  first: number;
  values: Array<T | null>;
  fault: string;
  wanted: Grid;
  isBusy: boolean;
  retryAt: number;
}

const MOST_AT_ONCE = 4;
const MOST_STRETCHES = 600;
/** Of one query: more than any screen shows, so that a chart that is moved has its neighbourhood. */
const MOST_VALUES = 3000;
const RETRY_MS = 10_000;

/** Each moment has a `T`: a number, or the cells of a histogram. */
export class Past<T> {
  /** Grows with each answer. */
  readonly version = signal(0);
  /** The server answers no queries: each chart shows what the page itself has seen. */
  readonly isMissing = signal(false);
  private readonly stretches = new Map<string, Stretch<T>>();
  private readonly queue = new Set<Stretch<T>>();
  private running = 0;

  constructor(
    private readonly ask: (request: RangeRequest) => Promise<Answer<RangeAnswer>>,
    private readonly valuesOf: (series: RangeSeries) => ReadonlyArray<readonly [time: number, value: T]>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The known values of a query that gives one series; what is missing on the grid is requested. */
  read(query: string, grid: Grid, lookback: number): PastValues<T> {
    const key = `${grid.step} ${query}`;
    const stretch: Stretch<T> = this.stretches.get(key) ?? { query, step: grid.step, lookback, first: 0, values: [], fault: '', wanted: grid, isBusy: false, retryAt: 0 };
    // The order of the map is that of use: the first is the one that nobody looked at for the longest time.
    this.stretches.delete(key);
    this.stretches.set(key, stretch);
    this.forgetOldest();
    stretch.wanted = grid;
    if (!stretch.isBusy && missing(stretch)) {
      this.queue.add(stretch);
      queueMicrotask(() => this.pump());
    }
    return stretch;
  }

  /** The server's moments have changed: all values are of other moments now. */
  forget(): void {
    this.stretches.clear();
    this.queue.clear();
    this.isMissing.value = false;
  }

  private forgetOldest(): void {
    for (const [key, { isBusy }] of this.stretches) {
      if (this.stretches.size <= MOST_STRETCHES) return;
      if (!isBusy) this.stretches.delete(key);
    }
  }

  private pump(): void {
    for (const stretch of this.queue) {
      if (this.running >= MOST_AT_ONCE || this.isMissing.value) return;
      this.queue.delete(stretch);
      const grid = missing(stretch);
      if (grid && this.now() >= stretch.retryAt) void this.fetch(stretch, grid);
    }
  }

  private async fetch(stretch: Stretch<T>, grid: Grid): Promise<void> {
    this.running += 1;
    stretch.isBusy = true;
    const { query, step, lookback } = stretch;
    const answer = await this.ask({ query, start: grid.first * step, end: grid.last * step, step, lookback });
    this.running -= 1;
    stretch.isBusy = false;
    if (answer.kind === 'known') this.take(stretch, grid, answer.value);
    else if (answer.kind === 'missing') this.isMissing.value = true;
    else {
      stretch.fault = answer.kind === 'failed' ? answer.why : '';
      stretch.retryAt = this.now() + RETRY_MS;
    }
    this.version.value += 1;
    this.pump();
  }

  private take(stretch: Stretch<T>, grid: Grid, { series }: RangeAnswer): void {
    const values = new Array<T | null>(grid.last - grid.first + 1).fill(null);
    for (const [time, value] of series[0] ? this.valuesOf(series[0]) : []) {
      const at = Math.round(time / grid.step) - grid.first;
      if (at >= 0 && at < values.length) values[at] = value;
    }
    stretch.fault = '';
    joinTo(stretch, grid, values);
  }
}

const endOf = ({ first, values }: PastValues<unknown>) => first + values.length;

/** The first part of the wanted moments that has no values yet. */
function missing(stretch: Stretch<unknown>): Grid | null {
  const { wanted, first } = stretch;
  if (wanted.last < wanted.first) return null;
  const end = endOf(stretch);
  if (stretch.values.length === 0 || wanted.first > end || wanted.last < first - 1) return wanted;
  if (wanted.first < first) return { ...wanted, last: first - 1 };
  return wanted.last >= end ? { ...wanted, first: end } : null;
}

/** Adds values where they touch what is known; otherwise they replace it. */
function joinTo<T>(stretch: Stretch<T>, grid: Grid, values: Array<T | null>): void {
  if (stretch.values.length > 0 && grid.last === stretch.first - 1) {
    stretch.values = [...values, ...stretch.values].slice(0, MOST_VALUES);
    stretch.first = grid.first;
  } else if (stretch.values.length > 0 && grid.first === endOf(stretch)) {
    const all = [...stretch.values, ...values];
    stretch.first += Math.max(0, all.length - MOST_VALUES);
    stretch.values = all.slice(-MOST_VALUES);
  } else {
    stretch.first = grid.first;
    stretch.values = values;
  }
}
