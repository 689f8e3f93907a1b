// The colours of canvases, taken from the style sheet so that they follow light and dark.

import { signal } from '@preact/signals';

export interface Palette {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly ground: string;
  readonly series: readonly string[];
  readonly heat: readonly string[];
  readonly flame: readonly string[];
  readonly raised: string;
  readonly accent: string;
}

export const SERIES_COLORS = 8;
/** The colour of text, for a line that must be visible on any background. */
export const TEXT_COLOR = -1;
const HEAT_STEPS = 6;
export const FLAME_COLORS = 8;

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => color(`${name}${i}`));
  return {
    text: color('--text'),
    quiet: color('--quiet'),
    grid: color('--grid'),
    ground: color('--card'),
    series: numbered('--series-', SERIES_COLORS),
    heat: numbered('--heat-', HEAT_STEPS),
    flame: numbered('--flame-', FLAME_COLORS),
    raised: color('--raised'),
    accent: color('--accent'),
  };
}

export const palette = signal<Palette>({ text: '', quiet: '', grid: '', ground: '', series: [], heat: [], flame: [], raised: '', accent: '' });

export function followColorScheme(): void {
  const refresh = () => { palette.value = read(); };
  refresh();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);
}

export function seriesColor(index: number): string {
  return index === TEXT_COLOR ? palette.value.text : (palette.value.series[index % SERIES_COLORS] ?? '');
}
