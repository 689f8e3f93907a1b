// What this page has seen of each session, since the server tells only how they are now: for charts of one session, and to tell
// which have ended.

import type { Points } from '../data/derive';
import type { Timeline } from '../data/timeline';
import type { SessionField, SessionRow, Sessions } from './sessions';

const KEPT_SAMPLES = 900;
const KEPT_SESSIONS = 200;
const KEPT_ENDED = 50;
/** A sample is valid this long before and after it. */
const STANDS_FOR_SECONDS = 3;

/** If only a part of the sessions is listed, an unlisted one counts as open this long. */
const MISSED_SECONDS = 60;
const EARLY_SECONDS = 0.5;

interface Sample {
  readonly time: number;
  readonly row: SessionRow;
}

export interface EndedSession {
  readonly row: SessionRow;
  /** Unix time when it was first missing. */
  readonly time: number;
}

export class SessionHistory {
  private readonly samples = new Map<string, Sample[]>();
  private readonly open = new Map<string, { readonly row: SessionRow; readonly seen: number }>();
  private instance = '';
  private lastTime = NaN;
  private gone: readonly EndedSession[] = [];

  /** Ended sessions, the newest first. A new list object after each change. */
  get ended(): readonly EndedSession[] {
    return this.gone;
  }

  /**
   * `watched`: of whom samples are kept, however many there are. `instance`: the process that answered; those of another one have
   * ended with it. Empty where that is not known.
   */
  take(answer: Sessions, watched: string, instance = ''): void {
    if (instance !== '' && instance !== this.instance) {
      if (this.instance !== '') this.endAll(this.lastTime);
      this.instance = instance;
    }
    this.lastTime = answer.time;
    for (const row of answer.rows.slice(0, KEPT_SESSIONS)) this.add(answer.time, row);
    const one = answer.rows.find((row) => row.id === watched);
    if (one && !this.samples.get(watched)?.some((sample) => sample.time === answer.time)) this.add(answer.time, one);
    const isWhole = answer.rows.length >= answer.count;
    if (isWhole) this.findEnded(answer);
    for (const row of answer.rows) this.open.set(row.id, { row, seen: answer.time });
    for (const [id, { seen }] of this.open) if (Math.abs(answer.time - seen) > MISSED_SECONDS) this.open.delete(id);
  }

  /** Moves the server's moments later, or with a negative number earlier. */
  move(seconds: number): void {
    this.lastTime += seconds;
    this.gone = this.gone.map(({ row, time }) => ({ row, time: time + seconds }));
    for (const [id, { row, seen }] of this.open) this.open.set(id, { row, seen: seen + seconds });
    for (const [id, samples] of this.samples) this.samples.set(id, samples.map(({ time, row }) => ({ time: time + seconds, row })));
  }

  /** All open sessions have ended. A later session with the same id is another one. */
  private endAll(time: number): void {
    this.gone = [...[...this.open.values()].map(({ row }) => ({ row, time })), ...this.gone].slice(0, KEPT_ENDED);
    this.open.clear();
    this.samples.clear();
  }

  lastOf(id: string): SessionRow | undefined {
    return this.open.get(id)?.row ?? this.gone.find(({ row }) => row.id === id)?.row;
  }

  /** A field in each slot of the page's timeline; `perSecond`: its growth. */
  points(id: string, field: SessionField, perSecond: boolean, timeline: Timeline, from: number, to: number): Points {
    const samples = this.samples.get(id) ?? [];
    const points: Points = [];
    let next = 0;
    for (let at = from; at < to; at++) {
      const time = timeline.times[at] ?? 0;
      while (next < samples.length && (samples[next]?.time ?? 0) <= time + EARLY_SECONDS) next += 1;
      const sample = samples[next - 1];
      const isNear = sample !== undefined && time - sample.time < STANDS_FOR_SECONDS;
      points.push(isNear ? valueAt(samples, next - 1, field, perSecond) : null);
    }
    return points;
  }

  private add(time: number, row: SessionRow): void {
    const samples = this.samples.get(row.id) ?? [];
    samples.push({ time, row });
    if (samples.length > KEPT_SAMPLES) samples.shift();
    this.samples.delete(row.id);
    this.samples.set(row.id, samples);
    while (this.samples.size > KEPT_SESSIONS * 2) this.samples.delete(this.samples.keys().next().value ?? '');
  }

  private findEnded(answer: Sessions): void {
    const listed = new Set(answer.rows.map((row) => row.id));
    for (const [id, { row }] of this.open) {
      if (listed.has(id)) continue;
      this.open.delete(id);
      this.gone = [{ row, time: answer.time }, ...this.gone].slice(0, KEPT_ENDED);
    }
  }
}

function valueAt(samples: readonly Sample[], at: number, field: SessionField, perSecond: boolean): number | null {
  const after = samples[at];
  const value = after?.row[field] ?? null;
  if (!perSecond || value === null) return value;
  const before = samples[at - 1];
  const earlier = before?.row[field] ?? null;
  const seconds = (after?.time ?? 0) - (before?.time ?? 0);
  return earlier === null || seconds <= 0 ? null : Math.max(0, (value - earlier) / seconds);
}
