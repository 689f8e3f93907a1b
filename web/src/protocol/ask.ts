// One request to the server's REST side, and its result.

import { isSentToLogin } from '../login';
import { fields, text } from './fields';

export type Answer<T> =
  | { readonly kind: 'asking' }
  /** The server has no such address, or no data there. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly why: string; readonly last?: T | undefined; /** The server's own words. */ readonly said?: string | undefined }
  | { readonly kind: 'known'; readonly value: T };

/** Null if this page does not know the form of the answer. */
export type Read<T> = (response: Response) => Promise<T | null>;

const NOT_THERE = 404;
/** Timeout of an answer; each request waits for the one before it. */
const LONGEST_MS = 8_000;

export function fromJson<T>(parse: (answer: unknown) => T | null): Read<T> {
  return async (response) => parse(await response.json());
}

export function fromText<T>(parse: (answer: string) => T | null): Read<T> {
  return async (response) => parse(await response.text());
}

/** The server's own message for its refusal, if any: Prometheus' API has a text where others have an object. */
async function refusal(response: Response): Promise<{ why: string; said: string | undefined }> {
  const { error } = fields(await response.json().catch(() => null));
  const said = text(fields(error).message) || text(error);
  return { why: `the server answered ${response.status}${said && `, ${said}`}`, said: said || undefined };
}

/** Browsers' own messages for failed connections are useless and differ. */
function failure(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${LONGEST_MS / 1000} s`;
  if (error instanceof SyntaxError) return 'the answer is no JSON';
  return error instanceof Error && !(error instanceof TypeError) ? error.message : 'no answer';
}

/** If the server requires the token, the page is going to the login, and nothing is known. */
export async function ask<T>(address: string, read: Read<T>, method: 'GET' | 'POST' = 'GET'): Promise<Answer<T>> {
  try {
    const response = await fetch(address, { method, headers: { Accept: 'application/json, text/plain' }, signal: AbortSignal.timeout(LONGEST_MS) });
    if (isSentToLogin(response)) return { kind: 'asking' };
    if (response.status === NOT_THERE) return { kind: 'missing' };
    if (!response.ok) return { kind: 'failed', ...(await refusal(response)) };
    const value = await read(response);
    return value === null ? { kind: 'failed', why: 'this page does not know the form of the answer' } : { kind: 'known', value };
  } catch (error) {
    return { kind: 'failed', why: failure(error) };
  }
}

/** The last known value, also after a failure. */
export function lastKnown<T>(answer: Answer<T>): T | undefined {
  if (answer.kind === 'known') return answer.value;
  return answer.kind === 'failed' ? answer.last : undefined;
}

/** The answer; after a failure with the last known value. */
export function after<T>(before: Answer<T>, answer: Answer<T>): Answer<T> {
  return answer.kind === 'failed' ? { ...answer, last: lastKnown(before) } : answer;
}
