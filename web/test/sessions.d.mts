export function sessionsAnswer(sessions: ReadonlyArray<Record<string, unknown>>, time?: number): unknown;
