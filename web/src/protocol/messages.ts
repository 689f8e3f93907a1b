// The messages of docs/reference/live.md, and the handling of invalid texts.

export type Kind = 'counter' | 'up_down_counter' | 'gauge' | 'histogram' | 'window';
export type Labels = Readonly<Record<string, string>>;

/** A number of the protocol: JSON has no NaN and no infinity. */
export type WireNumber = number | null | 'inf' | '-inf';

export interface HistogramValue {
  count: number;
  sum: number;
  min?: WireNumber;
  max?: WireNumber;
  zero?: number;
  buckets?: ReadonlyArray<readonly [index: number, count: number]>;
  /** Below zero, by magnitude. */
  negative?: ReadonlyArray<readonly [index: number, count: number]>;
}

export interface WindowValue {
  count: number;
  sum?: WireNumber;
  min?: WireNumber;
  max?: WireNumber;
  mean?: WireNumber;
  p50?: WireNumber;
  p95?: WireNumber;
  p99?: WireNumber;
}

export type Value = WireNumber | HistogramValue | WindowValue;

export interface SeriesEntry {
  id: number;
  family?: number;
  labels: Labels;
  /** In a `full`; a delta has it among its values. */
  v?: Value;
}

export interface FamilyEntry {
  id: number;
  name: string;
  kind: Kind;
  unit: string;
  help: string;
  series?: SeriesEntry[];
}

export type ValueEntry = readonly [id: number, value: Value];

export interface Hello {
  type: 'hello';
  protocol: number;
  server: string;
  instance: string;
  time: number;
  rate_hz: number;
  tick_seconds: number;
}

export interface Full {
  type: 'full';
  seq: number;
  time: number;
  uptime_seconds: number;
  /** The frames after the subscription's `since`, with the ids of this message. */
  replay?: ReplayFrame[];
  families: FamilyEntry[];
}

export interface Delta {
  type: 'delta';
  seq: number;
  time: number;
  uptime_seconds: number;
  families?: FamilyEntry[];
  series?: SeriesEntry[];
  values?: ValueEntry[];
  gone?: number[];
}

export interface ReplayFrame {
  seq: number;
  time: number;
  values?: ValueEntry[];
}

export interface Pong {
  type: 'pong';
  id: number;
  time: number;
}

export interface ServerError {
  type: 'error';
  error: string;
}

export type ServerMessage = Hello | Full | Delta | Pong | ServerError;

/** The message is invalid; the connection's further messages cannot be trusted. */
export class ProtocolError extends Error {}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ProtocolError(what);
}

function demandNumbers(message: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    demand(Number.isFinite(message[key]), `${String(message.type)}: "${key}" must be a number`);
  }
}

function demandLists(message: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    demand(message[key] === undefined || Array.isArray(message[key]), `${String(message.type)}: "${key}" must be a list`);
  }
}

const SHAPES: Record<string, (message: Record<string, unknown>) => void> = {
  hello: (message) => {
    demandNumbers(message, ['protocol', 'time', 'tick_seconds']);
    demand(message.protocol === 1, `hello: protocol ${String(message.protocol)} is not known to this page; reload it`);
    demand(typeof message.instance === 'string', 'hello: "instance" must be a text');
  },
  full: (message) => {
    demandNumbers(message, ['seq', 'time']);
    demand(Array.isArray(message.families), 'full: "families" must be a list');
    demandLists(message, ['replay']);
  },
  delta: (message) => {
    demandNumbers(message, ['seq', 'time']);
    demandLists(message, ['families', 'series', 'values', 'gone']);
  },
  pong: (message) => demandNumbers(message, ['time']),
  error: (message) => demand(typeof message.error === 'string', 'error: "error" must be a text'),
};

/** The message in a text; null for a type that a later server may send and this page need not know. */
export function parseMessage(text: string): ServerMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new ProtocolError('a message that is not JSON');
  }
  demand(isObject(message) && typeof message.type === 'string', 'a message without a type');
  if (!Object.hasOwn(SHAPES, message.type)) return null;
  SHAPES[message.type]?.(message);
  return message as unknown as ServerMessage;
}

/** A number for computing: unknown is NaN. */
export function toNumber(value: WireNumber | undefined): number {
  if (typeof value === 'number') return value;
  if (value === 'inf') return Infinity;
  return value === '-inf' ? -Infinity : NaN;
}
