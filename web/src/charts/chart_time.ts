// The moments that a chart shows: those of the page's timeline, which all charts share, or some of a chart's own.

import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';
import type { Points } from '../data/derive';
import type { Line } from '../model/lines';
import { page } from '../page';
import { slotsOf, windowOf } from './view_window';

export interface ChartTime {
  /** Whether zoom, cursor and pause are of all charts together. */
  readonly isShared: boolean;
  /** Changes when there is something new. */
  readonly version: ReadonlySignal<number>;
  readonly times: Float64Array;
  /** The slots that lines are asked for. */
  slots(): [from: number, to: number];
  /** What is shown, Unix time. */
  window(): [begin: number, end: number];
}

export const PAGE_TIME: ChartTime = {
  isShared: true,
  version: page.store.version,
  get times() { return page.store.timeline.times; },
  slots: () => slotsOf(page.store.timeline),
  window: () => windowOf(page.store.timeline),
};

/** Values that a server remembers, at moments of their own. */
export class PastTime implements ChartTime {
  readonly isShared = false;
  readonly version = signal(0);
  times = new Float64Array(0);
  private columns: readonly Points[] = [];
  private shown: [number, number] = [NaN, NaN];

  /** The columns have a value, or null, for each of the times. */
  set(times: readonly number[], columns: readonly Points[], shown: [begin: number, end: number]): void {
    this.times = Float64Array.from(times);
    this.columns = columns;
    this.shown = shown;
    this.version.value += 1;
  }

  slots(): [number, number] {
    return [0, this.times.length];
  }

  window(): [number, number] {
    return this.shown;
  }

  line(label: string, column: number): Line {
    return { label, points: (from, to) => (this.columns[column] ?? []).slice(from, to) };
  }
}
