// Reads GET /api/metrics/sessions: the last sessions between peers.

import { fields, isFields, list, moment, number, text } from '../protocol/fields';

export interface PastSession {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly start: number | null;
  /** Null: it goes on. */
  readonly end: number | null;
  /** Its process ended before the session. */
  readonly isInterrupted: boolean;
  readonly seconds: number | null;
  readonly peers: readonly string[];
  /** Milliseconds, during the session. */
  readonly least: number | null;
  readonly average: number | null;
  readonly most: number | null;
}

function parseOne(value: unknown): PastSession | null {
  if (!isFields(value) || typeof value.session_id !== 'string') return null;
  const latency = fields(value.latency_ms);
  return {
    id: value.session_id,
    kind: text(value.kind),
    name: text(value.name),
    start: moment(value.start_time),
    end: moment(value.end_time),
    isInterrupted: value.interrupted === true,
    seconds: number(value.duration_seconds),
    peers: list(value.peers).filter((peer) => typeof peer === 'string'),
    least: number(latency.min),
    average: number(latency.avg),
    most: number(latency.max),
  };
}

export function parsePastSessions(answer: unknown): readonly PastSession[] | null {
  if (!isFields(answer) || !Array.isArray(answer.sessions)) return null;
  return answer.sessions.map(parseOne).filter((session) => session !== null);
}
