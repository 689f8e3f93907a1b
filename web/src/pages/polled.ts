// Polls an address while somebody looks at the result.

import { useEffect, useRef, useState } from 'preact/hooks';
import { after, ask, type Answer, type Read } from '../protocol/ask';

export const EVERY_MS = 1000;
export const EVERY_WHERE_MISSING_MS = 15_000;

export interface Polling {
  readonly everyMs?: number;
  /** Interval when the address has no data: long, unless data may appear. */
  readonly whereMissingMs?: number;
  readonly when?: boolean;
  /** A new number requests at once. */
  readonly turn?: number;
}

/** Calls `poll` at once and then each `waitMs()` after it has ended, but not while the page is hidden; gives what ends that. */
export function repeat(poll: (isOver: () => boolean) => Promise<void>, waitMs: () => number): () => void {
  let timer = 0;
  let isOver = false;
  const next = async () => {
    if (!document.hidden) await poll(() => isOver);
    if (!isOver) timer = window.setTimeout(() => void next(), waitMs());
  };
  void next();
  return () => {
    isOver = true;
    window.clearTimeout(timer);
  };
}

/** One request at a time. `read` must be the same function each time. A new address begins anew. */
export function usePolled<T>(address: string, read: Read<T>, { everyMs = EVERY_MS, whereMissingMs = EVERY_WHERE_MISSING_MS, when = true, turn = 0 }: Polling = {}): Answer<T> {
  const [state, setState] = useState<{ address: string; answer: Answer<T> }>({ address, answer: { kind: 'asking' } });
  const last = useRef<Answer<T>>({ kind: 'asking' });
  useEffect(() => {
    if (!when) return undefined;
    last.current = { kind: 'asking' };
    return repeat(async (isOver) => {
      const answer = after(last.current, await ask(address, read));
      if (isOver()) return;
      last.current = answer;
      setState({ address, answer });
    }, () => (last.current.kind === 'missing' ? whereMissingMs : everyMs));
  }, [address, read, everyMs, whereMissingMs, when, turn]);
  return state.address === address ? state.answer : { kind: 'asking' };
}
