// The server's health and its reasons: rules over metrics with a known meaning. A rule without its metric gives no reason.

import { labelText } from '../data/series';
import { amountText, cutRatioText, durationText } from '../format/numbers';
import { readable } from '../format/readable';
import type { RecentFigures } from './recent_figures';
import { plainName } from './names';
import type { Roles } from './roles';
import type { Sessions } from './sessions';

export type Level = 'well' | 'degraded' | 'unwell';

export interface Reason {
  readonly level: Exclude<Level, 'well'>;
  readonly text: string;
  /** The family that shows it, or a substitute. */
  readonly family: string;
  /** The session that shows it. */
  readonly session?: string;
}

export interface Verdict {
  readonly level: Level | 'unknown';
  readonly title: string;
  readonly reasons: readonly Reason[];
}

type Rule = (recent: RecentFigures, roles: Roles) => Array<Reason | null>;

const NOW = 1;
const SHORT = 10;
const MINUTE = 60;
const LONG = 300;
/** Below this many events a share is meaningless. */
const FEWEST_EVENTS = 20;

/** A reason if a value is at or over a limit. */
function over(value: number | null, degraded: number, unwell: number, family: string, text: (value: number) => string): Reason | null {
  if (value === null || !(value >= degraded)) return null;
  return { level: value >= unwell ? 'unwell' : 'degraded', text: text(value), family };
}

const percent = cutRatioText;

const cpu: Rule = (recent) => {
  const limit = recent.mean('kymo_system_cpu_limit_cores', SHORT);
  const group = recent.mean('kymo_cgroup_cpu_ratio', SHORT);
  const own = recent.mean('kymo_process_cpu_ratio', SHORT);
  const quota = recent.mean('kymo_cgroup_cpu_limit_cores', SHORT);
  const cores = limit === null ? '' : ` of ${amountText(limit, 'cores')} that ${quota !== null && quota <= limit ? 'its cgroup' : 'it'} may use`;
  if (group !== null) {
    return [over(group, 0.85, 0.97, 'kymo_cgroup_cpu_ratio', (value) => `CPU is at ${percent(value)}${cores}${own === null ? '' : `; this process uses ${amountText(own, 'cores')}`}`)];
  }
  if (own === null || !limit) return [];
  return [over(own / limit, 0.85, 0.97, 'kymo_process_cpu_ratio', (value) => `this process uses ${percent(value)}${cores}`)];
};

const throttling: Rule = (recent) => {
  const periods = recent.growth('kymo_cgroup_cpu_periods', MINUTE);
  const throttled = recent.growth('kymo_cgroup_cpu_throttled_periods', MINUTE);
  if (!periods || throttled === null) return [];
  return [over(throttled / periods, 0.05, 0.25, 'kymo_cgroup_cpu_throttled_periods_total', (value) => `throttled by its CPU quota in ${percent(value)} of the periods of the last ${recent.lastOf(MINUTE)}`)];
};

const memory: Rule = (recent) => {
  const limit = recent.mean('kymo_system_memory_limit_bytes', SHORT);
  const resident = recent.mean('process_resident_memory_bytes', SHORT);
  const host = recent.mean('kymo_system_memory_used_ratio', SHORT);
  const kills = recent.growth('kymo_cgroup_memory_events', LONG);
  return [
    limit && resident !== null
      ? over(resident / limit, 0.8, 0.92, 'process_resident_memory_bytes', (value) => `memory is at ${percent(value)} of its limit of ${amountText(limit, 'bytes')}`)
      : null,
    over(host, 0.9, 0.97, 'kymo_system_memory_used_ratio', (value) => `the host's memory is ${percent(value)} used`),
    over(kills, 1, 1000, 'kymo_cgroup_memory_events_total', () => `the cgroup ran into its memory limit within the last ${recent.lastOf(LONG)}`),
  ];
};

const errors: Rule = (recent, roles) => {
  const done = roles.traffic && roles.hasApplication ? recent.growth(roles.traffic.name, MINUTE) : null;
  return roles.errors.map((family) => {
    const failed = recent.growth(family.name, MINUTE);
    if (!failed) return null;
    const all = Math.max(done ?? 0, failed);
    if (all < FEWEST_EVENTS) return null;
    return over(failed / all, 0.01, 0.05, family.name, (value) => `${family.name}: ${percent(value)} failed in the last ${recent.lastOf(MINUTE)} (${amountText(failed)})`);
  });
};

const losses: Rule = (recent, roles) => roles.drops.map((family) => {
  const lost = recent.growth(family.name, MINUTE);
  if (!lost) return null;
  const received = receivedBeside(recent, family.name) ?? (roles.traffic ? recent.growth(roles.traffic.name, MINUTE) : null);
  const share = lost / Math.max(lost + (received ?? 0), 1);
  return over(share, 0.001, 0.02, family.name, (value) => `${family.name}: ${amountText(lost)} lost in the last ${recent.lastOf(MINUTE)}, ${percent(value)}`);
});

/** The received count beside a lost one: `udp.packet.received` for `udp.packet.dropped`. */
function receivedBeside(recent: RecentFigures, name: string): number | null {
  const beside = plainName(name).replace(/_[a-z]+$/, '_received');
  return recent.growth(beside, MINUTE);
}

const queues: Rule = (recent) => recent.named(/(^|_)(fill|fill_ratio|queue_fill|utilization)$/).map((name) => {
  const fullest = recent.largest(name, SHORT);
  const where = fullest ? labelText(fullest.series.labels) : '';
  return over(fullest?.value ?? null, 0.8, 0.95, name, (value) => `${name}${where && ` (${where})`}: the queue is ${percent(value)} full`);
});

const pressure: Rule = (recent) => {
  const limits = [
    { resource: 'cpu', kind: 'some', degraded: 0.4, unwell: 0.8, text: 'some task waited for a CPU' },
    { resource: 'memory', kind: 'full', degraded: 0.05, unwell: 0.2, text: 'all tasks waited for memory' },
    { resource: 'io', kind: 'full', degraded: 0.2, unwell: 0.5, text: 'all tasks waited for the disk' },
  ] as const;
  return limits.map(({ resource, kind, degraded, unwell, text }) =>
    over(recent.mean('kymo_system_pressure_ratio', SHORT, { resource, kind }), degraded, unwell, 'kymo_system_pressure_ratio', (value) => `${text} in ${percent(value)} of the time`));
};

const files: Rule = (recent) => {
  const open = recent.mean('process_open_fds', SHORT);
  const most = recent.mean('process_max_fds', SHORT);
  const disk = recent.largest('kymo_system_filesystem_used_ratio', SHORT);
  return [
    open !== null && most ? over(open / most, 0.8, 0.95, 'process_open_fds', (value) => `${percent(value)} of the file descriptors are open`) : null,
    over(disk?.value ?? null, 0.9, 0.98, 'kymo_system_filesystem_used_ratio', (value) => `the file system ${readable(disk?.series.labels.mountpoint ?? '')} is ${percent(value)} full`),
  ];
};

/** A hanging callback makes the figures incomplete, and its cause may delay the server too. */
const callbacks: Rule = (recent) => {
  const longest = recent.largest('kymo_callback_hanging_seconds', NOW);
  const others = (recent.mean('kymo_callbacks_hanging', NOW) ?? 1) - 1;
  return [over(longest?.value ?? null, 0, Infinity, 'kymo_callback_hanging_seconds', (value) => `callback ${readable(longest?.series.labels.callback ?? '')} has not returned for ${durationText(value)}${others >= 1 ? `, and ${amountText(others)} more hang` : ''}`)];
};

const OWN_LOSSES: ReadonlyArray<readonly [name: string, text: string]> = [
  ['kymo_series_overflowed', 'look-ups of series over the limit'],
  ['kymo_ticks_missed', 'ticks missed'],
  ['kymo_ticks_failed', 'ticks failed'],
  ['kymo_recordings_refused', 'values refused'],
  ['kymo_producer_errors', 'producers or callbacks failed'],
  ['kymo_callbacks_late', 'late callbacks left out'],
  ['kymo_log_records_lost', 'log records lost'],
  ['kymo_registration_errors', 'registrations refused'],
  ['kymo_http_handler_errors', 'responses of the metrics server failed'],
];

/** Losses of kymo itself never make a server unwell, but its figures may be incomplete. */
const ownLosses: Rule = (recent) => OWN_LOSSES.map(([name, text]) =>
  over(recent.growth(name, LONG), 1, Infinity, recent.named(new RegExp(`^${name}$`))[0] ?? name, (value) => `kymo: ${amountText(value)} ${text} within the last ${recent.lastOf(LONG)}`));

const RULES: readonly Rule[] = [errors, losses, queues, cpu, throttling, memory, pressure, files, callbacks, ownLosses];

const TITLES: Record<Level, string> = {
  well: 'This server is well',
  degraded: 'This server is degraded',
  unwell: 'This server is unwell',
};

/** Unwell sessions make a server degraded, not unwell: one client's trouble is not the server's. */
export function sessionReasons(sessions: Sessions | undefined): Reason[] {
  const ailing = sessions?.rows.filter((row) => row.verdict !== 'well') ?? [];
  const worst = ailing.find((row) => row.verdict === 'unwell') ?? ailing[0];
  if (!sessions || !worst) return [];
  // The state of unlisted sessions is unknown.
  const least = sessions.rows.length < sessions.count ? 'at least ' : '';
  const text = `${least}${ailing.length} of ${sessions.count} ${sessions.count === 1 ? 'session' : 'sessions'} not well; ${readable(worst.id).slice(0, LONGEST_ID)}: ${worst.reasons.join(', ')}`;
  return [{ level: 'degraded', text, family: '', session: worst.id }];
}

const LONGEST_ID = 40;

export function judge(recent: RecentFigures, roles: Roles, more: readonly Reason[] = []): Verdict {
  const reasons = [...RULES.flatMap((rule) => rule(recent, roles)).filter((reason) => reason !== null), ...more];
  reasons.sort((a, b) => Number(b.level === 'unwell') - Number(a.level === 'unwell'));
  const level: Level = reasons[0]?.level ?? 'well';
  return { level, title: TITLES[level], reasons };
}
