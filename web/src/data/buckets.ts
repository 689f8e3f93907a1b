// Histograms as they change: which buckets grew in each moment, and the percentiles of any stretch of moments.

import type { HistogramValue } from '../protocol/messages';
import { toNumber } from '../protocol/messages';
import type { Track } from './timeline';

const BUCKETS_PER_OCTAVE = 8;

/** The bucket of zeros, which no power of two holds. */
export const ZERO_BUCKET = -1_000_000;

/** The bucket below zero whose magnitudes are those of bucket `index`; below all others, the largest first. */
export const negativeBucket = (index: number): number => 2 * ZERO_BUCKET - index;

export interface BucketGrowth {
  readonly indices: readonly number[];
  readonly counts: readonly number[];
}

/** Where a bucket begins and ends, in the family's unit. */
export function bucketEdges(index: number): [lower: number, upper: number] {
  if (index === ZERO_BUCKET) return [0, 0];
  if (index < ZERO_BUCKET) {
    const [smaller, larger] = bucketEdges(negativeBucket(index));
    return [-larger, -smaller];
  }
  return [2 ** (index / BUCKETS_PER_OCTAVE), 2 ** ((index + 1) / BUCKETS_PER_OCTAVE)];
}

/** The bucket of a value above zero. */
export const bucketAt = (value: number): number => Math.ceil(Math.log2(value) * BUCKETS_PER_OCTAVE) - 1;

/** The totals of a histogram by bucket index. */
export function bucketTotals(value: HistogramValue): Map<number, number> {
  const totals = new Map(value.buckets ?? []);
  for (const [index, count] of value.negative ?? []) totals.set(negativeBucket(index), count);
  if (value.zero) totals.set(ZERO_BUCKET, value.zero);
  return totals;
}

/** The growth between two totals. A bucket that fell was restarted and counts from 0. */
export function growth(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): BucketGrowth {
  const indices: number[] = [];
  const counts: number[] = [];
  let restarted = false;
  for (const [index, count] of before) restarted ||= (after.get(index) ?? 0) < count;
  for (const [index, count] of after) {
    const more = restarted ? count : count - (before.get(index) ?? 0);
    if (more <= 0) continue;
    indices.push(index);
    counts.push(more);
  }
  return { indices, counts };
}

/** The growth of one histogram's buckets in each moment; null where it is not known. */
export class BucketTrack implements Track {
  readonly growths: Array<BucketGrowth | null> = [];
  least = NaN;
  most = NaN;
  private totals: Map<number, number> | null = null;
  private isAfterGap = false;

  onPush(at: number): void {
    this.growths[at] = NOTHING_GREW;
  }

  onGap(at: number): void {
    this.growths[at] = null;
    this.isAfterGap = true;
  }

  /** The growth of dropped moments belongs to the next kept one. */
  onMove(kept: Int32Array, end: number): void {
    let from = kept[0] ?? end;
    kept.forEach((last, to) => {
      this.growths[to] = last === from ? (this.growths[last] ?? null) : together(this.growths.slice(from, last + 1));
      from = last + 1;
    });
    this.growths.length = kept.length;
  }

  /** `fromNothing`: the histogram began in this moment, so that all of it is growth. */
  set(at: number, value: HistogramValue, fromNothing: boolean): void {
    const totals = bucketTotals(value);
    const before = this.totals ?? (fromNothing ? new Map<number, number>() : null);
    this.growths[at] = before && !this.isAfterGap ? growth(before, totals) : null;
    this.totals = totals;
    this.isAfterGap = false;
    // A new process' extremes are narrower, and say nothing about older moments: they may only widen the range.
    this.least = lesser(this.least, toNumber(value.min));
    this.most = -lesser(-this.most, -toNumber(value.max));
  }

  /** A histogram that comes back counts from 0. */
  end(): void {
    this.totals = null;
  }
}

/** The smaller one that is known. */
const lesser = (a: number, b: number): number => (b < a || Number.isNaN(a) ? b : a);

function together(several: ReadonlyArray<BucketGrowth | null>): BucketGrowth {
  const sum = new BucketSum();
  for (const one of several) if (one) sum.add(one);
  return { indices: [...sum.counts.keys()], counts: [...sum.counts.values()] };
}

const NOTHING_GREW: BucketGrowth = { indices: [], counts: [] };

/** A sum of growths from which a growth can be taken again. */
export class BucketSum {
  readonly counts = new Map<number, number>();
  total = 0;

  add(growth: BucketGrowth, sign: 1 | -1 = 1): void {
    growth.indices.forEach((index, i) => {
      const count = (this.counts.get(index) ?? 0) + sign * (growth.counts[i] ?? 0);
      if (count > 0) this.counts.set(index, count);
      else this.counts.delete(index);
      this.total += sign * (growth.counts[i] ?? 0);
    });
  }

  /** Percentiles, each `q` in 0 to 1; null where nothing was counted. Inside a bucket they are interpolated. */
  quantiles(qs: readonly number[]): Array<number | null> {
    if (this.total <= 0) return qs.map(() => null);
    const order = [...this.counts.keys()].sort((a, b) => a - b);
    return qs.map((q) => this.quantile(q, order));
  }

  private quantile(q: number, order: readonly number[]): number {
    const rank = q * this.total;
    let before = 0;
    for (const index of order) {
      const count = this.counts.get(index) ?? 0;
      if (before + count >= rank) return within(index, (rank - before) / count);
      before += count;
    }
    return within(order[order.length - 1] ?? 0, 1);
  }
}

function within(index: number, share: number): number {
  const [lower, upper] = bucketEdges(index);
  return upper === lower ? lower : lower * (upper / lower) ** share;
}
