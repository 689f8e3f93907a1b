export function peerAnswer(fields?: Record<string, unknown>): Record<string, unknown>;
export function probesAnswer(id: string, options?: { count?: number; lostEvery?: number; middle?: number; end?: number }): unknown;
export function hourlyAnswer(id: string, end?: number): unknown;
export const PEERS: ReadonlyArray<Record<string, unknown>>;
export const PAST_SESSIONS: ReadonlyArray<Record<string, unknown>>;
