// The range of time that all charts share.

import { computed, signal } from '@preact/signals';
import type { Timeline } from '../data/timeline';

/** What the page itself keeps. */
export const SPANS = [60, 300, 900] as const;
/** What only a server with a history has. */
export const LONG_SPANS = [3600, 21_600, 86_400, 604_800, 2_592_000] as const;
const LEAST_SPAN = 5;
const MOST_SPAN = LONG_SPANS[LONG_SPANS.length - 1] ?? 900;

/** Minimum range of the charts. */
const LEAST_AT_FIRST = 30;

/** Seconds shown. */
export const span = signal(300);
/** Frames a second. */
export const rate = signal(1);
export const FAST_HZ = 10;
/** The last moment shown, Unix time; null: now, and following it. */
export const pausedAt = signal<number | null>(null);
export const isLive = computed(() => pausedAt.value === null);

/** The requested length, but not mostly empty: a new page has few data. */
export function windowOf(timeline: Timeline): [from: number, to: number] {
  const to = pausedAt.value ?? timeline.lastTime;
  const known = Math.max(timeline.lastTime - timeline.earliest, LEAST_AT_FIRST);
  return [to - Math.min(span.value, known || span.value), to];
}

/** The slots that the window needs, one more on the left so that a line comes in from the edge. */
export function slotsOf(timeline: Timeline): [from: number, to: number] {
  const [from, to] = windowOf(timeline);
  return [Math.max(timeline.begin, timeline.lowerBound(from) - 1), timeline.lowerBound(to + 0.0005)];
}

/** Seconds between two values of the history. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400] as const;
const PIXELS_A_VALUE = 3;
const LEAST_VALUES = 120;
const MOST_VALUES = 480;

/** As many values as a wide chart shows apart. All charts have the same step, since they share the time. */
export function stepOf(seconds: number): number {
  const values = Math.min(MOST_VALUES, Math.max(LEAST_VALUES, window.innerWidth / PIXELS_A_VALUE));
  return STEPS.find((step) => seconds / step <= values) ?? 14_400;
}

export function goLive(): void {
  pausedAt.value = null;
}

export function pause(timeline: Timeline): void {
  pausedAt.value ??= timeline.lastTime;
}

export function showSpan(seconds: number): void {
  span.value = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, seconds));
}

/** The shown range follows when the timeline's moments are moved. */
export function moveShown(seconds: number): void {
  if (pausedAt.value !== null) pausedAt.value += seconds;
}

/** Shows exactly that stretch, and stays there. */
export function show(from: number, to: number): void {
  showSpan(to - from);
  pausedAt.value = to;
}

/** Moves by seconds, within the known range; the right end is live again. */
export function pan(timeline: Timeline, seconds: number): void {
  const to = (pausedAt.value ?? timeline.lastTime) + seconds;
  if (to >= timeline.lastTime) goLive();
  else pausedAt.value = Math.max(to, timeline.earliest + LEAST_SPAN);
}

/** Shows `factor` times as much; the moment `around` keeps its place. */
export function zoom(timeline: Timeline, factor: number, around?: number): void {
  const [from, to] = windowOf(timeline);
  const seconds = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, (to - from) * factor));
  if (around === undefined || isLive.value) return showSpan(seconds);
  const share = (around - from) / (to - from);
  show(around - seconds * share, around + seconds * (1 - share));
}
