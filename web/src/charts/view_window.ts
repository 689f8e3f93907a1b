// The range of time that all charts share.

import { computed, signal } from '@preact/signals';
import type { Timeline } from '../data/timeline';

export const SPANS = [60, 300, 900] as const;
const LEAST_SPAN = 5;
const MOST_SPAN = 900;

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
  const known = Math.max(timeline.lastTime - timeline.firstTime, LEAST_AT_FIRST);
  return [to - Math.min(span.value, known || span.value), to];
}

/** The slots that the window needs, one more on the left so that a line comes in from the edge. */
export function slotsOf(timeline: Timeline): [from: number, to: number] {
  const [from, to] = windowOf(timeline);
  return [Math.max(timeline.begin, timeline.lowerBound(from) - 1), timeline.lowerBound(to + 0.0005)];
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
  else pausedAt.value = Math.max(to, timeline.firstTime + LEAST_SPAN);
}

/** Shows `factor` times as much; the moment `around` keeps its place. */
export function zoom(timeline: Timeline, factor: number, around?: number): void {
  const [from, to] = windowOf(timeline);
  const seconds = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, (to - from) * factor));
  if (around === undefined || isLive.value) return showSpan(seconds);
  const share = (around - from) / (to - from);
  show(around - seconds * share, around + seconds * (1 - share));
}
