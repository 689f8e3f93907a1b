// The sessions that are open now, asked for each second while somebody looks at them.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { SessionHistory } from '../model/session_history';
import { parseSessions, type Sessions } from '../model/sessions';
import { page } from '../page';
import { after, ask, fromJson, type Answer } from '../protocol/ask';
import { EVERY_MS, EVERY_WHERE_MISSING_MS, repeat } from './polled';

export type SessionState = Answer<Sessions>;

export const sessionState = signal<SessionState>({ kind: 'asking' });
export const sessionHistory = new SessionHistory();
/** When the first answer came, Unix time. */
export const watchedSince = signal<number | null>(null);

const READ = fromJson(parseSessions);
let instance = '';

/** The sessions of a process that started anew are others. */
function remember(state: SessionState, watched: string): void {
  if (state.kind !== 'known') return;
  if (instance !== page.store.instance) {
    sessionHistory.endAll(state.value.time);
    instance = page.store.instance;
  }
  watchedSince.value ??= state.value.time;
  sessionHistory.take(state.value, watched);
}

/** One question at a time, none while nobody looks, and seldom where there is no such address. */
export function useSessions({ top, by = '', watched = '', when = true }: { top: number; by?: string; watched?: string; when?: boolean }): SessionState {
  useEffect(() => {
    if (!when) return undefined;
    const query = new URLSearchParams({ top: String(top), ...(by ? { by } : {}) });
    return repeat(async (isOver) => {
      const state = await ask(`api/sessions/live?${query.toString()}`, READ);
      if (isOver()) return;
      remember(state, watched);
      sessionState.value = after(sessionState.value, state);
    }, () => (sessionState.value.kind === 'missing' ? EVERY_WHERE_MISSING_MS : EVERY_MS));
  }, [top, by, watched, when]);
  return sessionState.value;
}
