// The open sessions, requested each second while somebody looks at them.

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

/** Number of sessions to request at once, for the list and for the verdict; of further ones the page knows only the number. */
export const SESSIONS_ASKED = 200;

const READ = fromJson(parseSessions);

let moved = 0;
page.store.moved.subscribe((seconds) => {
  sessionHistory.move(seconds - moved);
  if (watchedSince.value !== null) watchedSince.value += seconds - moved;
  moved = seconds;
});

/** The process that answers now. Null while the connection to the known one is lost: the next answer may be another's. */
function answering(): string | null {
  const { instance } = page.store;
  return instance === '' || page.client.connection.value.state === 'live' ? instance : null;
}

function remember(state: SessionState, watched: string): void {
  if (state.kind !== 'known') return;
  watchedSince.value ??= state.value.time;
  sessionHistory.take(state.value, watched, page.store.instance);
}

/** One request at a time, none while nobody looks, and few if the address is missing. */
export function useSessions({ top = SESSIONS_ASKED, by = '', watched = '', when = true }: { top?: number; by?: string; watched?: string; when?: boolean }): SessionState {
  useEffect(() => {
    if (!when) return undefined;
    const query = new URLSearchParams({ top: String(top), ...(by ? { by } : {}) });
    return repeat(async (isOver) => {
      const asked = answering();
      const state = await ask(`api/sessions/live?${query.toString()}`, READ);
      if (isOver()) return;
      if (state.kind === 'known' && (asked === null || (asked !== '' && asked !== answering()))) return;
      remember(state, watched);
      sessionState.value = after(sessionState.value, state);
    }, () => (sessionState.value.kind === 'missing' ? EVERY_WHERE_MISSING_MS : EVERY_MS));
  }, [top, by, watched, when]);
  return sessionState.value;
}
