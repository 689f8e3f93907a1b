// Columns of numbers over one shared time axis: a ring without a seam. A buffer is twice as long as what is kept; when it is
// full, its last half moves to its beginning, so that what is kept is always one contiguous part.

const GAP_AFTER_TICKS = 2.6;

/** Something that has one slot for each moment of a Timeline. */
export interface Track {
  /** Slot `at` has begun; `at - 1` is the one before, and there is none where `at` is `begin`. */
  onPush(at: number, begin: number): void;
  /** Slot `at` is a moment of which nothing is known. */
  onGap(at: number): void;
  /** What was at `from` and after is now at 0. */
  onShift(from: number, length: number): void;
}

export class Timeline {
  readonly slots: number;
  readonly times: Float64Array;
  begin = 0;
  end = 0;
  tickSeconds = 1;
  private readonly tracks = new Set<Track>();

  constructor(readonly capacity: number) {
    this.slots = capacity * 2;
    this.times = new Float64Array(this.slots);
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

  add(track: Track): void {
    this.tracks.add(track);
  }

  remove(track: Track): void {
    this.tracks.delete(track);
  }

  /** Begins the slot of a moment, and one before it of which nothing is known where moments are missing. */
  push(time: number): number {
    const last = this.lastTime;
    if (time - last > this.tickSeconds * GAP_AFTER_TICKS) this.pushGap(last + this.tickSeconds);
    const at = this.next(time);
    for (const track of this.tracks) track.onPush(at, this.begin);
    return at;
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
    const at = this.next(time);
    for (const track of this.tracks) track.onGap(at);
  }

  private next(time: number): number {
    if (this.end === this.slots) this.shift();
    const at = this.end;
    this.times[at] = time;
    this.end += 1;
    this.begin = Math.max(this.begin, this.end - this.capacity);
    return at;
  }

  private shift(): void {
    const from = this.begin;
    this.times.copyWithin(0, from, this.end);
    for (const track of this.tracks) track.onShift(from, this.end - from);
    this.end -= from;
    this.begin = 0;
  }
}

/** One number per moment; NaN where it is not known. Goes on with the last value until `ended`. */
export class Column implements Track {
  readonly values: Float64Array;
  ended = false;

  constructor(slots: number) {
    this.values = new Float64Array(slots).fill(NaN);
  }

  onPush(at: number, begin: number): void {
    this.values[at] = this.ended || at === begin ? NaN : this.beforeGap(at, begin);
  }

  onGap(at: number): void {
    this.values[at] = NaN;
  }

  onShift(from: number, length: number): void {
    this.values.copyWithin(0, from, from + length);
    this.values.fill(NaN, length);
  }

  /** What is unchanged since before a gap is still so after it. */
  private beforeGap(at: number, begin: number): number {
    const previous = this.values[at - 1] ?? NaN;
    if (!Number.isNaN(previous) || at - 2 < begin) return previous;
    return this.values[at - 2] ?? NaN;
  }
}
