// All series: searched, viewed in several ways, opened as charts with a common time axis; or a query over them.

import { useCallback, useMemo } from 'preact/hooks';
import { findSeries, viewFor } from '../model/search';
import { page } from '../page';
import { changeSettings, place } from '../routing';
import { isExpression } from '../model/query_text';
import { EarlierQueries, QueryBox } from './query_box';
import { QueryChart } from './query_chart';
import { ExploreItem } from './explore_item';
import { SeriesChart } from './series_chart';

const VIEWS: ReadonlyArray<readonly [value: string, text: string]> = [
  ['', 'the usual view'], ['rate', 'rate'], ['raw', 'raw value'], ['p50', 'p50'], ['p95', 'p95'], ['p99', 'p99'], ['mean', 'mean'],
];

function parseKeys(text: string | undefined): string[] {
  try {
    const keys: unknown = JSON.parse(text || '[]');
    return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}

function toggleOpen(key: string): void {
  const open = parseKeys(place.value.settings.open);
  const next = open.includes(key) ? open.filter((one) => one !== key) : [...open, key];
  changeSettings({ open: next.length > 0 ? JSON.stringify(next) : '' });
}

const setText = (q: string) => changeSettings({ q });

function SearchForm({ found, all }: { found: number; all: number }) {
  const { q = '', view = '' } = place.value.settings;
  return (
    <form class="search" role="search" onSubmit={(event) => event.preventDefault()}>
      <QueryBox text={q} onText={setText} />
      <EarlierQueries onText={setText} />
      <label>
        <span class="quiet">shown as </span>
        <select value={view} onChange={(event) => changeSettings({ view: event.currentTarget.value })}>
          {VIEWS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      </label>
      {!isExpression(q) && <p class="quiet number" role="status">{found} of {all} series</p>}
    </form>
  );
}

function OpenCharts({ keys, view }: { keys: readonly string[]; view: string }) {
  void page.store.structure.value;
  const series = keys.map((key) => page.store.series.get(key)).filter((one) => one !== undefined);
  if (series.length === 0) return null;
  return (
    <section class="charts open-charts" aria-labelledby="opened">
      <h2 class="hidden" id="opened">Opened series</h2>
      {series.map((one) => (
        <SeriesChart key={one.key} series={one} view={viewFor(one, view)}
          actions={<button type="button" onClick={() => toggleOpen(one.key)} aria-label={`Close ${one.key}`}>Close</button>} />
      ))}
    </section>
  );
}

export function ExplorePage() {
  const structure = page.store.structure.value;
  const { q = '', view = '', open = '' } = place.value.settings;
  const isQuery = isExpression(q);
  const found = useMemo(() => (isQuery ? [] : findSeries(page.store, q)), [structure, q]);
  const keys = useMemo(() => parseKeys(open), [open]);
  const toggle = useCallback(toggleOpen, []);
  const items = useMemo(() => found.map((series) => (
    <ExploreItem key={series.key} series={series} view={viewFor(series, view)} isOpen={keys.includes(series.key)} onToggle={toggle} />
  )), [found, view, keys]);
  return (
    <>
      <h1 class="page-title">Explore</h1>
      <SearchForm found={found.length} all={page.store.series.size} />
      {isQuery && <QueryChart query={q.trim()} isWhole />}
      <OpenCharts keys={keys} view={view} />
      {isQuery ? null : found.length > 0
        ? <ul class="explore-list">{items}</ul>
        : <p class="waiting">{page.store.series.size > 0 ? `No series has “${q}” in its name or labels.` : 'Waiting for the server’s first figures …'}</p>}
    </>
  );
}
