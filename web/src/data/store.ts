// Everything the page knows of the server: frames go in, series with their last minutes come out.

import { signal } from '@preact/signals';
import type { Delta, FamilyEntry, Full, Hello, Replay, ReplayFrame, SeriesEntry, ValueEntry } from '../protocol/messages';
import { Family, Series, seriesKey } from './series';
import { Timeline } from './timeline';

/** Fifteen minutes at one frame a second. */
const KEPT_FRAMES = 900;
/** An ended series is forgotten when nothing of it is left to be seen. */
const FORGET_AFTER_SECONDS = KEPT_FRAMES;

export class Store {
  readonly timeline = new Timeline(KEPT_FRAMES);
  readonly families = new Map<string, Family>();
  readonly series = new Map<string, Series>();
  /** Grows with each frame: read it to be drawn anew with each. */
  readonly version = signal(0);
  /** Grows when families or series come or go. */
  readonly structure = signal(0);
  readonly server = signal('');
  readonly uptimeSeconds = signal(0);
  instance = '';
  lastSeq: number | null = null;

  private readonly byId = new Map<number, Series>();
  private readonly familiesById = new Map<number, Family>();
  private readonly endedAt = new Map<Series, number>();
  private replay: ReplayFrame[] = [];

  /** A server that started anew shares nothing with the one before but the address. */
  hello(message: Hello): void {
    if (this.instance !== '' && this.instance !== message.instance) this.clear();
    this.instance = message.instance;
    this.server.value = message.server;
    this.timeline.tickSeconds = message.tick_seconds;
  }

  /** Kept until the full frame tells whose ids they are. */
  replayed(message: Replay): void {
    this.replay = message.frames;
  }

  full(message: Full): void {
    const known = this.adopt(message.families);
    for (const frame of this.replay) this.applyReplay(frame);
    this.replay = [];
    const at = this.begin(message.seq, message.time);
    for (const [series, entry] of known) series.set(at, entry.v, false);
    this.uptimeSeconds.value = message.uptime_seconds;
    this.finish(true);
  }

  delta(message: Delta): void {
    const at = this.begin(message.seq, message.time);
    for (const entry of message.families ?? []) this.adoptFamily(entry);
    for (const entry of message.series ?? []) this.adoptSeries(entry)?.set(at, entry.v, true);
    this.setValues(at, message.values ?? []);
    for (const id of message.gone ?? []) this.endSeries(this.byId.get(id));
    this.uptimeSeconds.value = message.uptime_seconds;
    this.finish(Boolean(message.families ?? message.series ?? message.gone));
  }

  clear(): void {
    this.timeline.clear();
    for (const known of [this.families, this.series, this.byId, this.familiesById, this.endedAt]) known.clear();
    this.replay = [];
    this.lastSeq = null;
    this.finish(true);
  }

  /** A frame that is already known (a replay may overlap with the full one) is written over. */
  private begin(seq: number, time: number): number {
    const isKnown = this.timeline.length > 0 && time <= this.timeline.lastTime;
    this.lastSeq = seq;
    return isKnown ? this.timeline.end - 1 : this.timeline.push(time);
  }

  private finish(changedStructure: boolean): void {
    this.forgetEnded();
    if (changedStructure) this.structure.value += 1;
    this.version.value += 1;
  }

  private applyReplay(frame: ReplayFrame): void {
    if (this.timeline.length > 0 && frame.time <= this.timeline.lastTime) return;
    this.setValues(this.begin(frame.seq, frame.time), frame.values);
  }

  private setValues(at: number, values: readonly ValueEntry[]): void {
    for (const [id, value] of values) this.byId.get(id)?.set(at, value, false);
  }

  /** All series of a full frame, known ones among them; what is not in it has ended. */
  private adopt(entries: readonly FamilyEntry[]): Map<Series, SeriesEntry> {
    this.byId.clear();
    this.familiesById.clear();
    const adopted = new Map<Series, SeriesEntry>();
    for (const entry of entries) {
      this.adoptFamily(entry);
      for (const item of entry.series ?? []) {
        const series = this.adoptSeries(item, entry.id);
        if (series) adopted.set(series, item);
      }
    }
    for (const series of this.series.values()) if (series.alive && !adopted.has(series)) this.endSeries(series);
    return adopted;
  }

  private adoptFamily(entry: FamilyEntry): void {
    let family = this.families.get(entry.name);
    if (!family || family.kind !== entry.kind) {
      for (const series of family?.series ?? []) this.forget(series);
      family = Family.of(entry);
      this.families.set(entry.name, family);
    }
    this.familiesById.set(entry.id, family);
  }

  private adoptSeries(entry: SeriesEntry, familyId = entry.family): Series | undefined {
    const family = this.familiesById.get(familyId ?? -1);
    if (!family) return undefined;
    const key = seriesKey(family.name, entry.labels);
    let series = this.series.get(key);
    if (!series) {
      series = new Series(key, family, entry.labels, this.timeline);
      this.series.set(key, series);
      family.series.push(series);
    }
    series.revive();
    this.endedAt.delete(series);
    this.byId.set(entry.id, series);
    return series;
  }

  private endSeries(series: Series | undefined): void {
    if (!series?.alive) return;
    series.end(this.timeline);
    this.endedAt.set(series, this.timeline.lastTime);
  }

  private forgetEnded(): void {
    for (const [series, time] of this.endedAt) {
      if (this.timeline.lastTime - time > FORGET_AFTER_SECONDS) this.forget(series);
    }
  }

  private forget(series: Series): void {
    series.forget(this.timeline);
    this.endedAt.delete(series);
    this.series.delete(series.key);
    const siblings = series.family.series;
    siblings.splice(siblings.indexOf(series), 1);
    if (siblings.length === 0) this.families.delete(series.family.name);
  }
}
