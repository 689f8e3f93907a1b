// What GET /api/sessions/live says, made rows of a table: one for each source of each session.

export interface SessionRow {
  readonly id: string;
  readonly source: string;
  readonly fill: number | null;
  readonly backlogSeconds: number | null;
  readonly realtimeFactor: number | null;
  readonly dropped: number | null;
  readonly ladderLevel: number | null;
  readonly model: string;
  readonly verdict: 'well' | 'degraded' | 'unwell';
  readonly reasons: readonly string[];
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function first(fields: Fields, ...names: string[]): number | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return null;
}

function judge(row: Omit<SessionRow, 'verdict' | 'reasons'>): Pick<SessionRow, 'verdict' | 'reasons'> {
  const fill = row.fill ?? 0;
  const unwell = [fill >= 0.95 && 'queue full', (row.realtimeFactor ?? 0) >= 1 && 'slower than real time'];
  const degraded = [fill >= 0.8 && fill < 0.95 && 'queue nearly full', (row.ladderLevel ?? 0) > 0 && `ladder level ${row.ladderLevel}`];
  const found = (list: ReadonlyArray<string | false>) => list.filter((one): one is string => one !== false);
  const verdict = found(unwell).length > 0 ? 'unwell' : found(degraded).length > 0 ? 'degraded' : 'well';
  return { verdict, reasons: [...found(unwell), ...found(degraded)] };
}

function rowOf(id: string, fields: Fields): SessionRow {
  const row = {
    id,
    source: text(fields.source ?? fields.name),
    fill: first(fields, 'fill_ratio', 'fill'),
    backlogSeconds: first(fields, 'backlog_seconds'),
    realtimeFactor: first(fields, 'realtime_factor', 'mean_realtime_factor'),
    dropped: first(fields, 'dropped_total', 'dropped'),
    ladderLevel: first(fields, 'ladder_level', 'degrade_level', 'level'),
    model: [text(fields.provider), text(fields.model)].filter(Boolean).join(' '),
  };
  return { ...row, ...judge(row) };
}

function entriesOf(value: unknown, idOf: string): Array<[string, Fields]> {
  if (Array.isArray(value)) return value.filter(isFields).map((one) => [text(one[idOf] ?? one.id ?? one.session_id), one]);
  if (isFields(value)) return Object.entries(value).filter((entry): entry is [string, Fields] => isFields(entry[1]));
  return [];
}

/** Rows in the order of the answer; sources may be a list or stand by name. */
export function sessionRows(answer: unknown): SessionRow[] {
  const sessions = isFields(answer) ? (answer.sessions ?? []) : answer;
  return entriesOf(sessions, 'id').flatMap(([id, session]) => {
    const sources = entriesOf(session.sources, 'source');
    return sources.length > 0 ? sources.map(([name, fields]) => rowOf(id, { source: name, ...fields })) : [rowOf(id, session)];
  });
}
