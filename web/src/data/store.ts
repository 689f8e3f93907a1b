// The page's data of the server: frames go in, series with their last minutes come out.

import { signal } from '@preact/signals';
import type { Delta, FamilyEntry, Full, Hello, ReplayFrame, SeriesEntry, Value } from '../protocol/messages';
import { Family, Series, seriesKey } from './series';
import { Timeline } from './timeline';

/** An ended series is removed once none of it is visible. */
const KEPT_SECONDS = 900;
/** One a second, of the last minute ten, and room that the next minutes fill. */
const SLOTS = 2400;
/** A server's clock that goes back by this much was set. */
const SET_BACK_SECONDS = 5;

/** A gauge that each server with a history has. */
const OLDEST_SAMPLE = 'kymo_history_oldest_sample_timestamp_seconds';

export class Store {
  readonly timeline = new Timeline(KEPT_SECONDS, SLOTS);
  readonly families = new Map<string, Family>();
  readonly series = new Map<string, Series>();
  /** Grows with each frame: read it to redraw with each frame. */
  readonly version = signal(0);
  /** Grows when families or series come or go. */
  readonly structure = signal(0);
  readonly server = signal('');
  readonly uptimeSeconds = signal(0);
  /** When the server started anew, as far as its series are kept; the last one last. */
  readonly restarts = signal<readonly number[]>([]);
  /** By how many seconds moments that are kept were moved: what else has moments of the server moves with them. */
  readonly moved = signal(0);
  instance = '';
  lastSeq: number | null = null;

  private readonly byId = new Map<number, Series>();
  private readonly familiesById = new Map<number, Family>();
  private readonly endedAt = new Map<Series, number>();
  private hasRestarted = false;
  /** Of frames that were older than what is known, as those of a slower rate are: the next one counts from them. */
  private older = new Map<Series, Value>();

  /** A server that started anew counts from 0: its series go on after a gap. */
  hello(message: Hello): void {
    if (this.instance !== '' && this.instance !== message.instance) this.restart(message.time);
    this.instance = message.instance;
    this.server.value = message.server;
    this.timeline.tickSeconds = message.tick_seconds;
  }

  full(message: Full): void {
    this.followClock(message);
    const known = this.adopt(message.families);
    this.older.clear();
    if (this.isOlder(message.time)) {
      this.lastSeq = message.seq;
      for (const [series, { v }] of known) if (v !== undefined) this.older.set(series, v);
      return this.finish(true);
    }
    for (const frame of message.replay ?? []) this.applyReplay(frame);
    const at = this.begin(message.seq, message.time);
    if (this.hasRestarted) this.noteRestart(message.time);
    for (const [series, entry] of known) if (entry.v !== undefined) series.set(at, entry.v, false);
    this.uptimeSeconds.value = message.uptime_seconds;
    this.finish(true);
  }

  delta(message: Delta): void {
    this.followClock(message);
    const isOlder = this.isOlder(message.time);
    const at = isOlder ? -1 : this.begin(message.seq, message.time);
    this.lastSeq = message.seq;
    if (!isOlder) this.applyOlder(at);
    for (const entry of message.families ?? []) this.adoptFamily(entry);
    const begun = new Set<number>();
    for (const entry of message.series ?? []) if (this.adoptSeries(entry)) begun.add(entry.id);
    for (const [id, value] of message.values ?? []) {
      const series = this.byId.get(id);
      if (isOlder && series) this.older.set(series, value);
      else series?.set(at, value, begun.has(id));
    }
    for (const id of message.gone ?? []) this.endSeries(this.byId.get(id));
    this.uptimeSeconds.value = message.uptime_seconds;
    this.finish(Boolean(message.families ?? message.series ?? message.gone));
  }

  /** If the new process' clock is behind, its moments would come before the old ones. */
  private restart(time: number): void {
    this.lastSeq = null;
    this.hasRestarted = true;
    this.timeline.cutOff();
    if (time > this.timeline.lastTime || this.timeline.length === 0) return;
    this.timeline.clear();
    this.restarts.value = [];
    for (const known of [this.families, this.series, this.byId, this.familiesById, this.endedAt]) known.clear();
    this.finish(true);
  }

  /** Whether a frame of that time shows that the server's clock was set back: those of a slower rate are hardly older. */
  isSetBack(time: number): boolean {
    return !this.hasRestarted && time < this.timeline.lastTime - SET_BACK_SECONDS;
  }

  /** Where it was, what is kept moves back behind a gap, so that time goes on. The uptime tells by how much. */
  private followClock({ time, uptime_seconds: uptime }: Full | Delta): void {
    if (!this.isSetBack(time)) return;
    const since = uptime - this.uptimeSeconds.value;
    const seconds = time - (since > 0 && since < KEPT_SECONDS ? since : this.timeline.tickSeconds) - this.timeline.lastTime;
    this.timeline.shift(seconds);
    this.timeline.cutOff();
    this.older.clear();
    for (const [series, endedAt] of this.endedAt) this.endedAt.set(series, endedAt + seconds);
    this.restarts.value = this.restarts.value.map((one) => one + seconds);
    this.moved.value += seconds;
  }

  private noteRestart(time: number): void {
    this.hasRestarted = false;
    this.restarts.value = [...this.restarts.value, time];
  }

  private isOlder(time: number): boolean {
    return !this.hasRestarted && this.timeline.length > 0 && time < this.timeline.lastTime;
  }

  /** What counts up is known to be more since; of anything else that holds which the next frame does not name. */
  private applyOlder(at: number): void {
    for (const [series, value] of this.older) if (series.alive && !series.isAhead(at)) series.set(at, value, false);
    this.older.clear();
  }

  /** A frame that is already known (a replay may overlap with the full one) is written over. */
  private begin(seq: number, time: number): number {
    const isKnown = this.timeline.length > 0 && time <= this.timeline.lastTime;
    this.lastSeq = seq;
    return isKnown ? this.timeline.end - 1 : this.timeline.push(time);
  }

  private finish(changedStructure: boolean): void {
    this.forgetEnded();
    const oldest = this.families.get(OLDEST_SAMPLE)?.series[0]?.column('value')?.values[this.timeline.end - 1] ?? NaN;
    this.timeline.pastBegin = oldest > 0 ? oldest : NaN;
    if (this.restarts.value.some((one) => one < this.timeline.firstTime)) this.restarts.value = this.restarts.value.filter((one) => one >= this.timeline.firstTime);
    if (changedStructure) this.structure.value += 1;
    this.version.value += 1;
  }

  private applyReplay(frame: ReplayFrame): void {
    if (this.timeline.length > 0 && frame.time <= this.timeline.lastTime) return;
    const at = this.begin(frame.seq, frame.time);
    for (const [id, value] of frame.values ?? []) this.byId.get(id)?.set(at, value, false);
  }

  /** All series of a full frame; series that it lacks have ended. */
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
    if (!family?.isAs(entry)) {
      for (const series of [...(family?.series ?? [])]) this.forget(series);
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
      // The family was removed with its last series.
      this.families.set(family.name, family);
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
      if (this.timeline.lastTime - time > KEPT_SECONDS) this.forget(series);
    }
  }

  private forget(series: Series): void {
    const { family, key } = series;
    series.forget(this.timeline);
    this.endedAt.delete(series);
    if (this.series.get(key) === series) this.series.delete(key);
    const at = family.series.indexOf(series);
    if (at >= 0) family.series.splice(at, 1);
    if (family.series.length === 0 && this.families.get(family.name) === family) this.families.delete(family.name);
  }
}
