// The server's history, over Prometheus' HTTP API: ranges of queries, and what a query can name.

import { bucketAt, negativeBucket, ZERO_BUCKET, type BucketGrowth } from '../data/buckets';
import type { Labels } from './messages';
import { ask, fromJson, type Answer } from './ask';
import { fields, isFields, list, text } from './fields';

export interface RangeSeries {
  readonly labels: Labels;
  readonly points: ReadonlyArray<readonly [time: number, value: number]>;
  /** Native histograms, with the counts of the page's own, coarser buckets. */
  readonly histograms: ReadonlyArray<readonly [time: number, buckets: BucketGrowth]>;
}

export interface RangeAnswer {
  readonly series: readonly RangeSeries[];
  /** Warnings first, then infos. */
  readonly annotations: readonly string[];
}

export interface RangeRequest {
  readonly query: string;
  /** Unix time. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** A value is shown for this long after its sample. Without it the server's own rule holds. */
  readonly lookback?: number | undefined;
}

/** Prometheus writes values as texts: `1.5`, `NaN`, `+Inf`. */
export function sampleValue(value: unknown): number {
  const written = text(value);
  return written === '' ? NaN : Number(written.replace('Inf', 'Infinity'));
}

const labelsOf = (value: unknown): Labels => Object.fromEntries(Object.entries(fields(value)).map(([key, one]) => [key, text(one)]));

/** The bucket of the page that holds most of one of the server's. */
function bucketOf(lower: number, upper: number): number {
  if (lower <= 0 && upper >= 0) return ZERO_BUCKET;
  const index = bucketAt(Math.sqrt(lower * upper));
  return upper < 0 ? negativeBucket(index) : index;
}

function bucketsOf(value: unknown): BucketGrowth {
  const counts = new Map<number, number>();
  for (const bucket of list(fields(value).buckets)) {
    const [, lower, upper, count] = list(bucket).map(sampleValue);
    const index = bucketOf(lower ?? NaN, upper ?? NaN);
    if (Number.isFinite(index)) counts.set(index, (counts.get(index) ?? 0) + (count ?? 0));
  }
  return { indices: [...counts.keys()], counts: [...counts.values()] };
}

function seriesOf(value: unknown): RangeSeries {
  const { metric, values, histograms } = fields(value);
  const pairs = <T>(from: unknown, read: (one: unknown) => T) => list(from).map((pair) => [Number(list(pair)[0]), read(list(pair)[1])] as const);
  return { labels: labelsOf(metric), points: pairs(values, sampleValue), histograms: pairs(histograms, bucketsOf) };
}

/** Values that are known, for a Past of numbers. */
export const numbersOf = ({ points }: RangeSeries) => points.filter(([, value]) => !Number.isNaN(value));
export const histogramsOf = ({ histograms }: RangeSeries) => histograms;

export function parseRange(answer: unknown): RangeAnswer | null {
  const { status, data, warnings, infos } = fields(answer);
  const { resultType, result } = fields(data);
  if (status !== 'success' || resultType !== 'matrix' || !Array.isArray(result)) return null;
  return { series: result.map(seriesOf), annotations: [...list(warnings), ...list(infos)].map(text).filter(Boolean) };
}

function parseNames(answer: unknown): readonly string[] | null {
  const { status, data } = fields(answer);
  return status === 'success' && Array.isArray(data) ? data.map(text).filter(Boolean) : null;
}

export interface Described {
  readonly type: string;
  readonly help: string;
}

function parseMetadata(answer: unknown): ReadonlyMap<string, Described> | null {
  const { status, data } = fields(answer);
  if (status !== 'success' || !isFields(data)) return null;
  return new Map(Object.entries(data).map(([name, entries]) => {
    const { type, help } = fields(list(entries)[0]);
    return [name, { type: text(type), help: text(help) }];
  }));
}

const RANGE = fromJson(parseRange);
const NAMES = fromJson(parseNames);
const METADATA = fromJson(parseMetadata);

/** To the millisecond, as the server counts. */
const seconds = (time: number) => String(Math.round(time * 1000) / 1000);

export function queryRange({ query, start, end, step, lookback }: RangeRequest): Promise<Answer<RangeAnswer>> {
  const asked = new URLSearchParams({ query, start: seconds(start), end: seconds(end), step: seconds(step) });
  if (lookback !== undefined) asked.set('lookback_delta', `${Math.round(lookback * 1000)}ms`);
  return ask(`api/v1/query_range?${asked}`, RANGE);
}

/** Names of labels, of the series that a selector finds; without one of all. */
export function labelNames(selector = ''): Promise<Answer<readonly string[]>> {
  return ask(`api/v1/labels?${new URLSearchParams(selector ? { 'match[]': selector } : {})}`, NAMES);
}

export function labelValues(label: string, selector = ''): Promise<Answer<readonly string[]>> {
  return ask(`api/v1/label/${encodeURIComponent(label)}/values?${new URLSearchParams(selector ? { 'match[]': selector } : {})}`, NAMES);
}

export function metadata(): Promise<Answer<ReadonlyMap<string, Described>>> {
  return ask('api/v1/metadata', METADATA);
}
