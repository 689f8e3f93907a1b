// Reads GET /api/profile: where the time goes.

import { fields, isFields, list, moment, number, text } from '../protocol/fields';

export interface Scope {
  readonly name: string;
  readonly calls: number | null;
  readonly errors: number | null;
  /** Seconds, all of them. */
  readonly total: number | null;
  readonly self: number | null;
  readonly average: number | null;
  readonly least: number | null;
  readonly most: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly isSlow: boolean;
}

export interface ProfiledThread {
  readonly id: number | null;
  readonly name: string;
  readonly total: number | null;
}

export interface Profile {
  readonly isOn: boolean;
  readonly started: number | null;
  readonly seconds: number | null;
  /** Cost of one reading of the clock on that machine, in nanoseconds. */
  readonly clockNs: number | null;
  readonly threads: readonly ProfiledThread[];
  readonly scopes: readonly Scope[];
  readonly droppedEvents: number | null;
  readonly process: { readonly cpuPercent: number | null; readonly residentBytes: number | null; readonly threads: number | null; readonly openFiles: number | null };
}

function parseScope(value: unknown, slow: ReadonlySet<string>): Scope | null {
  if (!isFields(value) || typeof value.name !== 'string') return null;
  return {
    name: value.name,
    calls: number(value.calls),
    errors: number(value.errors),
    total: number(value.total_seconds),
    self: number(value.self_seconds),
    average: number(value.average_seconds),
    least: number(value.min_seconds),
    most: number(value.max_seconds),
    p50: number(value.p50_seconds),
    p95: number(value.p95_seconds),
    p99: number(value.p99_seconds),
    isSlow: slow.has(value.name),
  };
}

export function parseProfile(answer: unknown): Profile | null {
  if (!isFields(answer) || typeof answer.enabled !== 'boolean') return null;
  const slow = new Set(list(answer.slow).map(text));
  const process = fields(answer.process);
  return {
    isOn: answer.enabled,
    started: moment(answer.started),
    seconds: number(answer.duration_seconds),
    clockNs: number(answer.clock_ns),
    threads: list(answer.threads).filter(isFields).map((thread) => ({ id: number(thread.id), name: text(thread.name), total: number(thread.total_seconds) })),
    scopes: list(answer.functions).map((value) => parseScope(value, slow)).filter((scope) => scope !== null),
    droppedEvents: number(answer.dropped_events),
    process: { cpuPercent: number(process.cpu_percent), residentBytes: number(process.resident_bytes), threads: number(process.threads), openFiles: number(process.open_fds) },
  };
}

export type Command = 'start' | 'stop' | 'reset';

/** True if it is on after a command. */
export function parseSwitched(answer: unknown): boolean | null {
  return isFields(answer) && typeof answer.enabled === 'boolean' ? answer.enabled : null;
}
