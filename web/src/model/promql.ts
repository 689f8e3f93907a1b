// A chart's lines as PromQL, for the moments before the page was opened.

import { summands } from '../data/derive';
import type { Family, Series } from '../data/series';
import type { Labels } from '../protocol/messages';
import type { View } from './lines';

/** The seconds between two values, and between two samples of the server. */
export interface Pace {
  readonly step: number;
  readonly tick: number;
}

/** A query with one series as its result; null where the history has none. */
export type PastQuery = (pace: Pace) => string | null;

/** Percentiles are of the values in this many seconds before each point. */
export const QUANTILE_SECONDS = 10;
/** This many ticks hold two samples, even when one tick is late or missing. */
const TICKS_OF_A_RATE = 4;
const MOST_SELECTORS = 8;
export const QUANTILE: Partial<Record<View, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

export const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;

const exportedKey = (key: string) => key.replace(/[^A-Za-z0-9_]/g, '_');

/** `{a="x",b=""}`: a label that others of the family have and this one lacks is empty. */
function matchersOf(labels: Labels, keys: Iterable<string>): string {
  const all = [...new Set([...keys, ...Object.keys(labels)])].sort();
  return all.map((key) => `${exportedKey(key)}=${quoted(labels[key] ?? '')}`).join(',');
}

const range = (seconds: number) => (Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`);

/** The range that a rate is over: one step, and never too short for two samples. */
const rateSeconds = ({ step, tick }: Pace) => Math.max(step, TICKS_OF_A_RATE * tick);

/** As the page itself computes rates: between two samples, or over a longer step. */
function rateOf(selector: string, pace: Pace): string {
  return `${pace.step > pace.tick ? 'rate' : 'irate'}(${selector}[${range(rateSeconds(pace))}])`;
}

const quantileRate = (selector: string, pace: Pace) => `rate(${selector}[${range(Math.max(QUANTILE_SECONDS, rateSeconds(pace)))}])`;

function select({ exported }: Family, suffix: string, matchers: string, more = ''): string {
  const all = [matchers, more].filter(Boolean).join(',');
  return `${exported}${suffix}${all && `{${all}}`}`;
}

/** What `make` gives for the matchers of each of the series, or for all of the family at once. */
function selectorsOf<T>(series: readonly Series[], make: (matchers: string) => T): T[] {
  const others = series[0]?.family.series ?? [];
  if (series.length > MOST_SELECTORS || (series.length > 1 && series.length === others.length)) return [make('')];
  const keys = new Set(others.flatMap(({ labels }) => Object.keys(labels)));
  return series.map(({ labels }) => make(matchersOf(labels, keys)));
}

/** The expression of one selector, without the sum around it; null where the history has no such values. */
function valueOf(family: Family, view: View, matchers: string, pace: Pace): string | null {
  const plain = select(family, family.kind === 'counter' ? '_total' : '', matchers);
  const q = QUANTILE[view];
  switch (family.kind) {
    case 'counter': return view === 'rate' ? rateOf(plain, pace) : plain;
    case 'histogram':
      if (q !== undefined) return quantileRate(plain, pace);
      if (view === 'raw') return `histogram_count(${plain})`;
      return view === 'rate' ? `histogram_count(${rateOf(plain, pace)})` : rateOf(plain, pace);
    case 'window':
      return q === undefined ? null : select(family, '', matchers, `quantile="${q}"`);
    default: return view === 'rate' ? `delta(${plain}[${range(rateSeconds(pace))}]) / ${rateSeconds(pace)}` : plain;
  }
}

/** The same sum, percentile or mean that the page shows of these series. */
export function pastOf(series: readonly Series[], view: View): PastQuery {
  const family = series[0]?.family;
  if (!family) return () => null;
  return (pace) => {
    const parts = selectorsOf(series, (matchers) => valueOf(family, view, matchers, pace));
    if (parts.some((part) => part === null)) return null;
    const sum = `sum(${parts.join(' or ')})`;
    if (family.kind !== 'histogram') return sum;
    const q = QUANTILE[view];
    if (q !== undefined) return `histogram_quantile(${q}, ${sum})`;
    return view === 'mean' ? `histogram_avg(${sum})` : sum;
  };
}

export const familyPast = (family: Family, view: View): PastQuery => (pace) => pastOf(summands(family), view)(pace);

/** How much each bucket of these histograms grew in a step. */
export function growthPast(series: readonly Series[]): PastQuery {
  const family = series[0]?.family;
  return (pace) => {
    if (!family) return null;
    const rate = rateSeconds(pace);
    return `sum(${selectorsOf(series, (matchers) => `increase(${select(family, '', matchers)}[${range(rate)}])`).join(' or ')}) * ${pace.step / rate}`;
  };
}

export function clampedPast(past: PastQuery | undefined): PastQuery | undefined {
  return past && ((pace) => { const query = past(pace); return query && `clamp_min(${query}, 0)`; });
}

/** Their sum where any of them is known. */
export function summedPast(pasts: ReadonlyArray<PastQuery | undefined>): PastQuery | undefined {
  return (pace) => {
    const queries = pasts.map((past) => past?.(pace) ?? null);
    if (queries.includes(null)) return null;
    if (queries.length === 1) return queries[0] ?? null;
    return `(${queries.map((query) => `(${query} or vector(0))`).join(' + ')}) and (${queries.join(' or ')})`;
  };
}
