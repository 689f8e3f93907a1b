// A series and its family on this page: by name and labels, which outlive a connection's ids.

import type { FamilyEntry, HistogramValue, Kind, Labels, Value, WindowValue } from '../protocol/messages';
import { toNumber, type WireNumber } from '../protocol/messages';
import { readable } from '../format/readable';
import { BucketTrack } from './buckets';
import { Column, type Timeline } from './timeline';

/** The columns of each kind; the first is the main one. */
const FIELDS: Record<Kind, readonly string[]> = {
  counter: ['value'],
  up_down_counter: ['value'],
  gauge: ['value'],
  histogram: ['count', 'sum'],
  window: ['mean', 'p50', 'p95', 'p99', 'max', 'count'],
};

export class Family {
  readonly series: Series[] = [];

  constructor(
    readonly name: string,
    readonly kind: Kind,
    readonly unit: string,
    readonly help: string,
    /** Its name in Prometheus, without the suffix of a sample. */
    readonly exported: string,
  ) {}

  static of(entry: FamilyEntry): Family {
    return new Family(entry.name, entry.kind, unitOf(entry), entry.help ?? '', exportedName(entry));
  }

  /** True if that entry continues the kept data: a newer version of a server may count differently. */
  isAs(entry: FamilyEntry): boolean {
    return this.kind === entry.kind && this.unit === unitOf(entry);
  }
}

/** As the server names the family in its texts and its history. */
function exportedName({ name, kind, unit }: FamilyEntry): string {
  const isLast = (mapped: string, word: string) => mapped.endsWith(`_${word}`);
  let mapped = name.replace(/[^A-Za-z0-9_:]/g, '_');
  if (kind === 'counter' && isLast(mapped, 'total')) mapped = mapped.slice(0, -'_total'.length);
  return !unit || mapped === unit || isLast(mapped, unit) ? mapped : `${mapped}_${unit}`;
}

const unitOf = (entry: FamilyEntry) => entry.unit || (entry.name.endsWith('_ms') ? 'milliseconds' : '');

export class Series {
  readonly columns = new Map<string, Column>();
  readonly buckets: BucketTrack | null;
  alive = true;

  constructor(
    readonly key: string,
    readonly family: Family,
    readonly labels: Labels,
    timeline: Timeline,
  ) {
    for (const field of FIELDS[family.kind] ?? ['value']) this.columns.set(field, new Column(timeline.slots));
    this.buckets = family.kind === 'histogram' ? new BucketTrack() : null;
    for (const track of this.tracks()) timeline.add(track);
  }

  column(field: string): Column | undefined {
    return this.columns.get(field);
  }

  /** Writes what a frame says. `fromNothing`: the series began since the frame before, so what it counts is from 0. */
  set(at: number, value: Value, fromNothing: boolean): void {
    if (value !== null && typeof value === 'object') this.setParts(at, value, fromNothing);
    else this.setField(at, 'value', toNumber(value), fromNothing && this.family.kind === 'counter');
  }

  /** Whether it counts up and has a value there, which no older one can change. */
  isAhead(at: number): boolean {
    const isCount = this.family.kind === 'counter' || this.family.kind === 'histogram';
    const [first] = this.columns.values();
    return isCount && !Number.isNaN(first?.values[at] ?? NaN);
  }

  end(timeline: Timeline): void {
    this.alive = false;
    this.buckets?.end();
    for (const column of this.columns.values()) column.ended = true;
    for (const column of this.columns.values()) if (timeline.length) column.values[timeline.end - 1] = NaN;
  }

  revive(): void {
    this.alive = true;
    for (const column of this.columns.values()) column.ended = false;
  }

  forget(timeline: Timeline): void {
    this.alive = false;
    for (const track of this.tracks()) timeline.remove(track);
  }

  private setParts(at: number, value: HistogramValue | WindowValue, fromNothing: boolean): void {
    const parts = value as unknown as Record<string, WireNumber | undefined>;
    for (const field of this.columns.keys()) this.setField(at, field, toNumber(parts[field]), fromNothing && !!this.buckets);
    this.buckets?.set(at, value as HistogramValue, fromNothing);
  }

  private setField(at: number, field: string, value: number, fromZero: boolean): void {
    const values = this.columns.get(field)?.values;
    if (!values) return;
    if (fromZero && at > 0 && Number.isNaN(values[at - 1] ?? NaN)) values[at - 1] = 0;
    values[at] = value;
  }

  private tracks(): Array<Column | BucketTrack> {
    return this.buckets ? [...this.columns.values(), this.buckets] : [...this.columns.values()];
  }
}

/** The identity of a series, whatever the order of its labels. */
export function seriesKey(name: string, labels: Labels): string {
  const keys = Object.keys(labels).sort();
  return keys.length === 0 ? name : `${name}{${keys.map((key) => `${key}=${JSON.stringify(labels[key])}`).join(',')}}`;
}

/** The labels for a person: the value alone where there is one key only, unless it is empty. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels);
  const only = pairs.length === 1 ? pairs[0]?.[1] : '';
  return readable(only || pairs.map(([key, value]) => `${key}=${value || '""'}`).join(' '));
}
