// The sessions that are open now, asked for each second while somebody looks at them.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isSentToLogin } from '../login';
import { SessionHistory } from '../model/session_history';
import { parseSessions, type Sessions } from '../model/sessions';
import { page } from '../page';

export type SessionState =
  | { readonly kind: 'asking' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly why: string; readonly last?: Sessions | undefined }
  | { readonly kind: 'known'; readonly sessions: Sessions };

export const sessionState = signal<SessionState>({ kind: 'asking' });
export const sessionHistory = new SessionHistory();
/** When the first answer came, Unix time. */
export const watchedSince = signal<number | null>(null);

const EVERY_MS = 1000;
const EVERY_WHERE_MISSING_MS = 15_000;
let instance = '';

async function ask(top: number, by: string): Promise<SessionState> {
  try {
    const query = new URLSearchParams({ top: String(top), ...(by ? { by } : {}) });
    const response = await fetch(`api/sessions/live?${query.toString()}`, { headers: { Accept: 'application/json' } });
    if (isSentToLogin(response)) return { kind: 'asking' };
    if (response.status === 404) return { kind: 'missing' };
    if (!response.ok) return { kind: 'failed', why: `the server answered ${response.status}` };
    const sessions = parseSessions(await response.json());
    return sessions ? { kind: 'known', sessions } : { kind: 'failed', why: 'the answer is none that this page knows' };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : 'no answer' };
  }
}

/** A process that started anew counts its sessions anew. */
function remember(state: SessionState, watched: string): void {
  if (state.kind !== 'known') return;
  if (instance !== page.store.instance) {
    sessionHistory.clear();
    watchedSince.value = null;
    instance = page.store.instance;
  }
  watchedSince.value ??= state.sessions.time;
  sessionHistory.take(state.sessions, watched);
}

/** What was known last, also when it cannot be had now. */
export function lastKnown(state: SessionState): Sessions | undefined {
  if (state.kind === 'known') return state.sessions;
  return state.kind === 'failed' ? state.last : undefined;
}

/** One question at a time, none while nobody looks, and seldom where there is no such address. */
export function useSessions({ top, by = '', watched = '', when = true }: { top: number; by?: string; watched?: string; when?: boolean }): SessionState {
  useEffect(() => {
    if (!when) return undefined;
    let timer = 0;
    let isOver = false;
    const poll = async () => {
      if (!document.hidden) {
        const state = await ask(top, by);
        if (isOver) return;
        remember(state, watched);
        sessionState.value = state.kind === 'failed' ? { ...state, last: lastKnown(sessionState.value) } : state;
      }
      timer = window.setTimeout(() => void poll(), sessionState.value.kind === 'missing' ? EVERY_WHERE_MISSING_MS : EVERY_MS);
    };
    void poll();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [top, by, watched, when]);
  return sessionState.value;
}
