// Every view is an address: after the # come a page and its settings.

import { signal } from '@preact/signals';
import { FAST_HZ, pausedAt, rate, showSpan, span } from './charts/view_window';

export type PageName = 'overview' | 'explore' | 'board' | 'sessions' | 'peers' | 'profile';

export interface Place {
  readonly page: PageName;
  /** What follows the page's name, such as a session's id. */
  readonly rest: string;
  readonly settings: Readonly<Record<string, string>>;
}

const PAGES: readonly PageName[] = ['overview', 'explore', 'board', 'sessions', 'peers', 'profile'];
const DEFAULT_SPAN = 300;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name = '', ...rest] = path.split('/');
  return {
    page: PAGES.find((page) => page === name) ?? 'overview',
    rest: decoded(rest.join('/')),
    settings: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function placeText({ page, rest, settings }: Place): string {
  const kept = Object.entries(settings).filter(([, value]) => value !== '');
  const query = new URLSearchParams(kept).toString();
  return `#/${page}${rest && `/${encodeURIComponent(rest)}`}${query && `?${query}`}`;
}

export const place = signal<Place>(parsePlace(''));

/** Changes settings of this page; empty ones leave the address. */
export function changeSettings(changes: Readonly<Record<string, string>>): void {
  const next = { ...place.value, settings: { ...place.value.settings, ...changes } };
  place.value = next;
  history.replaceState(null, '', placeText(next));
}

/** The address of another page with the same range of time. */
export function linkTo(page: PageName, settings: Readonly<Record<string, string>> = {}, rest = ''): string {
  const { span: seconds = '', at = '', hz = '' } = place.value.settings;
  return placeText({ page, rest, settings: { span: seconds, at, hz, ...settings } });
}

function arrive(): void {
  place.value = parsePlace(location.hash);
  const { span: seconds, at, hz } = place.value.settings;
  showSpan(Number(seconds) || DEFAULT_SPAN);
  rate.value = Number(hz) === FAST_HZ ? FAST_HZ : 1;
  pausedAt.value = at && Number.isFinite(Number(at)) ? Number(at) : null;
}

/** Follows the address, and keeps the range of time in it. */
export function startRouting(): void {
  arrive();
  window.addEventListener('hashchange', arrive);
  let timer = 0;
  const remember = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => changeSettings({
      span: span.value === DEFAULT_SPAN ? '' : String(Math.round(span.value)),
      at: pausedAt.value === null ? '' : pausedAt.value.toFixed(1),
      hz: rate.value === 1 ? '' : String(rate.value),
    }), 200);
  };
  span.subscribe(remember);
  pausedAt.subscribe(remember);
  rate.subscribe(remember);
}
