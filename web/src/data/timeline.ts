// Columns of numbers over one shared time axis: a ring buffer without wrap-around. A buffer is longer than what is kept; when it is full,
// what is kept moves to its beginning, so that it is always one contiguous part. Where frames come faster than once a second,
// moments that are older than a minute are thinned to one a second as they move.

/** Frames may come late, whatever their rate: only longer silence is a gap. */
const GAP_AFTER_TICKS = 2.6;
const FINE_SECONDS = 60;
/** Frames of one a second come early or late by less than this share of a second. */
const COARSE_SECONDS = 0.75;

/** Something that has one slot for each moment of a Timeline. */
export interface Track {
  /** Slot `at` has begun; `at - 1` is the one before, and there is none where `at` is `begin`. */
  onPush(at: number, begin: number): void;
  /** Slot `at` is a moment without data. */
  onGap(at: number): void;
  /** Slots are moved to the beginning: slot `i` is now what `kept[i]` was; those between two that are kept are dropped. */
  onMove(kept: Int32Array, end: number): void;
}

export class Timeline {
  readonly times: Float64Array;
  begin = 0;
  end = 0;
  tickSeconds = 1;
  /** The first moment that was ever pushed: before it the page was not there. */
  since = NaN;
  /** How far back the server's own history goes; NaN where there is none. */
  pastBegin = NaN;
  /** True if the next moment does not continue the last one. */
  private isCutOff = false;
  private readonly gaps: Uint8Array;
  private readonly tracks = new Set<Track>();

  /** `slots` must be more than the moments of `keptSeconds`, one a second, and of a minute at the highest rate. */
  constructor(readonly keptSeconds: number, readonly slots: number) {
    this.times = new Float64Array(slots);
    this.gaps = new Uint8Array(slots);
  }

  get length(): number {
    return this.end - this.begin;
  }

  get lastTime(): number {
    return this.length > 0 ? (this.times[this.end - 1] ?? NaN) : NaN;
  }

  get firstTime(): number {
    return this.length > 0 ? (this.times[this.begin] ?? NaN) : NaN;
  }

  /** The first moment that a chart can show: of the server's history, or of this page. */
  get earliest(): number {
    return this.pastBegin < this.firstTime ? this.pastBegin : this.firstTime;
  }

  add(track: Track): void {
    this.tracks.add(track);
  }

  remove(track: Track): void {
    this.tracks.delete(track);
  }

  /** Begins the slot of a moment, and one before it of which nothing is known where moments are missing. */
  push(time: number): number {
    const last = this.lastTime;
    const isLate = time - last > this.tickSeconds * GAP_AFTER_TICKS;
    if (isLate || (this.isCutOff && this.length > 0)) this.pushGap(Math.min(last + this.tickSeconds, (last + time) / 2));
    this.isCutOff = false;
    if (this.length === 0) this.since = time;
    const at = this.next(time, false);
    for (const track of this.tracks) track.onPush(at, this.begin);
    return at;
  }

  /** The next moment does not continue the last one: puts a gap between them. */
  cutOff(): void {
    this.isCutOff = true;
  }

  /** Moves all kept moments later, or with a negative number earlier. */
  shift(seconds: number): void {
    for (let at = this.begin; at < this.end; at++) this.times[at] = (this.times[at] ?? NaN) + seconds;
    this.since += seconds;
  }

  clear(): void {
    this.begin = 0;
    this.end = 0;
    this.tracks.clear();
  }

  /** The first slot whose time is not before `time`. */
  lowerBound(time: number): number {
    let low = this.begin;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private pushGap(time: number): void {
    const at = this.next(time, true);
    for (const track of this.tracks) track.onGap(at);
  }

  private next(time: number, isGap: boolean): number {
    if (this.end === this.slots) this.move();
    const at = this.end;
    this.times[at] = time;
    this.gaps[at] = isGap ? 1 : 0;
    this.end += 1;
    this.begin = Math.max(this.begin, this.lowerBound(time - this.keptSeconds + 0.001));
    return at;
  }

  private move(): void {
    const kept = this.keptSlots();
    kept.forEach((from, to) => {
      this.times[to] = this.times[from] ?? NaN;
      this.gaps[to] = this.gaps[from] ?? 0;
    });
    for (const track of this.tracks) track.onMove(kept, this.end);
    this.begin = 0;
    this.end = kept.length;
  }

  private keptSlots(): Int32Array {
    const fineFrom = this.lastTime - FINE_SECONDS;
    const kept: number[] = [];
    let last = -Infinity;
    for (let at = this.begin; at < this.end; at++) {
      const time = this.times[at] ?? 0;
      if (time < fineFrom && time - last < COARSE_SECONDS && !this.gaps[at] && !this.gaps[at - 1]) continue;
      kept.push(at);
      last = time;
    }
    // A timeline that is too small for its rate drops its oldest moments.
    const room = Math.floor(this.slots * 0.9);
    return Int32Array.from(kept.length > room ? kept.slice(kept.length - room) : kept);
  }
}

/** One number per moment; NaN if unknown. Continues with the last value until `ended`. */
export class Column implements Track {
  readonly values: Float64Array;
  ended = false;
  /** The last slot that a gap took: a value that is not known is no gap. */
  private gapAt = -1;

  constructor(slots: number) {
    this.values = new Float64Array(slots).fill(NaN);
  }

  onPush(at: number, begin: number): void {
    this.values[at] = this.ended || at === begin ? NaN : this.beforeGap(at, begin);
  }

  onGap(at: number): void {
    this.values[at] = NaN;
    this.gapAt = at;
  }

  onMove(kept: Int32Array): void {
    this.gapAt = kept.indexOf(this.gapAt);
    for (let to = 0; to < kept.length; to++) this.values[to] = this.values[kept[to] ?? 0] ?? NaN;
    this.values.fill(NaN, kept.length);
  }

  /** A value that is unchanged since before a gap is still valid after it. */
  private beforeGap(at: number, begin: number): number {
    const previous = at - 1 === this.gapAt && at - 2 >= begin ? at - 2 : at - 1;
    return this.values[previous] ?? NaN;
  }
}
