// Shapes with a meaning: each is distinct even without its colour.

import type { Level } from './model/verdict';

const SHAPES: Record<Level | 'unknown', preact.JSX.Element> = {
  well: <><circle cx="24" cy="24" r="21" /><path class="mark" d="M14.5 24.5l6.5 6.5 13-13.5" /></>,
  degraded: <><path d="M24 4.5 45.5 42.5h-43z" /><path class="mark" d="M24 18v11.5M24 35.2v.4" /></>,
  unwell: <><path d="M15.5 3.5h17l12 12v17l-12 12h-17l-12-12v-17z" /><path class="mark" d="M17 17l14 14M31 17 17 31" /></>,
  unknown: <><circle class="hollow" cx="24" cy="24" r="20" /><path class="mark" d="M15 24h.1M24 24h.1M33 24h.1" /></>,
};

export function VerdictShape({ level }: { level: Level | 'unknown' }) {
  return <svg class={`verdict-shape shape-${level}`} viewBox="0 0 48 48" aria-hidden="true">{SHAPES[level]}</svg>;
}

export function Logo() {
  return <img src="./assets/icon.svg" alt="" width="28" height="28" />;
}
