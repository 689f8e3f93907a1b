// Finds series by words: each must occur in the name, the labels or the help's first words.

import type { Series } from '../data/series';
import type { Store } from '../data/store';
import type { View } from './lines';
import { viewsOf } from './lines';
import { isApplication } from './names';

/** A word `key=value` matches exactly that label. */
export function matches(series: Series, words: readonly string[]): boolean {
  const key = series.key.toLowerCase();
  return words.every((word) => key.includes(word) || hasLabel(series, word));
}

function hasLabel(series: Series, word: string): boolean {
  const at = word.indexOf('=');
  if (at <= 0) return false;
  return Object.entries(series.labels).some(([key, value]) => `${key}=${value}`.toLowerCase() === word);
}

export function searchWords(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** The program's own metrics come first. */
export function findSeries(store: Store, text: string): Series[] {
  const words = searchWords(text);
  const found = [...store.series.values()].filter((series) => matches(series, words));
  const order = (series: Series) => `${isApplication(series.family) ? 0 : 1} ${series.key}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** The requested view if the series has it, otherwise its first. */
export function viewFor(series: Series, wanted: string): View {
  const views = viewsOf(series.family);
  return views.find((view) => view === wanted) ?? views[0] ?? 'raw';
}
