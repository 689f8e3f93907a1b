// Turns GET /api/sessions/live (docs/reference/stream.md) into table rows, one for each session.

import { amountText } from '../format/numbers';
import { readable } from '../format/readable';
import { isFields, number, type Fields } from '../protocol/fields';

export type SessionLevel = 'well' | 'degraded' | 'unwell';

export interface SessionRow {
  readonly id: string;
  readonly attempt: string;
  readonly connection: string;
  readonly model: string;
  readonly vad: boolean | null;
  /** The step of the ladder, `NORMAL` and worse. */
  readonly ladder: string;
  /** No audio came for a while, so its pace is unknown. */
  readonly idle: boolean;
  readonly ageSeconds: number | null;
  readonly sources: number | null;
  readonly fill: number | null;
  readonly backlogSeconds: number | null;
  readonly realtimeFactor: number | null;
  readonly inferenceMs: number | null;
  readonly dropped: number | null;
  readonly droppedRecent: number | null;
  readonly bytes: number | null;
  readonly chunks: number | null;
  readonly errors: number | null;
  readonly verdict: SessionLevel;
  readonly reasons: readonly string[];
}

/** The fields that change over time and suit a chart. */
export type SessionField = 'fill' | 'backlogSeconds' | 'realtimeFactor' | 'inferenceMs' | 'dropped' | 'bytes' | 'chunks' | 'errors';

export interface Sessions {
  readonly time: number;
  readonly count: number;
  readonly most: number | null;
  /** Number of sessions at each step of the ladder, in its order. */
  readonly ladder: ReadonlyArray<readonly [name: string, count: number]>;
  readonly rows: readonly SessionRow[];
}

/** The sort fields of the list, as the address names them. */
export const SORTED_BY: ReadonlyArray<readonly [field: string, text: string]> = [
  ['realtime_factor', 'real-time factor'], ['queue_fill_ratio', 'queue'], ['backlog_seconds', 'backlog'], ['dropped_recent', 'drops of the last 10 s'],
  ['dropped_total', 'drops'], ['errors', 'errors'], ['level', 'ladder'], ['age_seconds', 'age'],
];

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** Limits of docs/reference/stream.md for a buffering queue, an overloaded queue, and a slow server. */
function judge(row: Omit<SessionRow, 'verdict' | 'reasons'>): Pick<SessionRow, 'verdict' | 'reasons'> {
  const fill = row.fill ?? 0;
  const factor = row.realtimeFactor ?? 0;
  const unwell = [
    fill > 0.95 && 'queue full',
    factor >= 1 && 'slower than real time',
    (row.ladder === 'EMERGENCY' || row.ladder === 'FAILOVER') && row.ladder.toLowerCase(),
  ].filter((reason) => reason !== false);
  const degraded = [
    fill > 0.85 && fill <= 0.95 && 'queue nearly full',
    factor >= 0.8 && factor < 1 && 'close to real time',
    (row.ladder === 'WARNING' || row.ladder === 'DEGRADE') && row.ladder.toLowerCase(),
    (row.droppedRecent ?? 0) > 0 && `${amountText(row.droppedRecent)} dropped in 10 s`,
  ].filter((reason) => reason !== false);
  return { verdict: unwell.length > 0 ? 'unwell' : degraded.length > 0 ? 'degraded' : 'well', reasons: [...unwell, ...degraded] };
}

function rowOf(fields: Fields): SessionRow {
  const row = {
    id: text(fields.session_id),
    attempt: text(fields.attempt_id),
    connection: text(fields.connection_id),
    model: [text(fields.provider), text(fields.model_id)].filter(Boolean).join(' '),
    vad: typeof fields.vad_enabled === 'boolean' ? fields.vad_enabled : null,
    ladder: text(fields.level),
    idle: fields.idle === true,
    ageSeconds: number(fields.age_seconds),
    sources: number(fields.sources),
    fill: number(fields.queue_fill_ratio),
    backlogSeconds: number(fields.backlog_seconds),
    realtimeFactor: number(fields.realtime_factor),
    inferenceMs: number(fields.inference_ms_mean),
    dropped: number(fields.dropped_total),
    droppedRecent: number(fields.dropped_recent),
    bytes: number(fields.bytes_received),
    chunks: number(fields.chunks_processed),
    errors: number(fields.errors),
  };
  return { ...row, ...judge(row) };
}

/** The step of the ladder for people. */
export function ladderText({ ladder, idle }: Pick<SessionRow, 'ladder' | 'idle'>): string {
  return [readable(ladder.toLowerCase()), idle && 'idle'].filter(Boolean).join(', ');
}

/** Null if this page does not know the form of the answer. */
export function parseSessions(answer: unknown): Sessions | null {
  if (!isFields(answer) || !Array.isArray(answer.top)) return null;
  const rows = answer.top.filter(isFields).map(rowOf);
  return {
    time: number(answer.timestamp) ?? NaN,
    count: number(answer.sessions) ?? rows.length,
    most: number(answer.max_sessions),
    ladder: isFields(answer.levels) ? Object.entries(answer.levels).map(([name, count]) => [name, number(count) ?? 0] as const) : [],
    rows,
  };
}
