// Finds the families that show throughput, latency and errors. Known names of the packs go first, then hints in names. If the
// program has none yet, kymo's own figures are used.

import type { Family } from '../data/series';
import type { Store } from '../data/store';
import { readable } from '../format/readable';
import { familiesLike, familyNamed, isApplication, plainName } from './names';

export interface Roles {
  readonly traffic: Family | undefined;
  readonly errors: Family[];
  readonly active: Family | undefined;
  readonly latency: Family | undefined;
  readonly drops: Family[];
  readonly hasApplication: boolean;
}

const TRAFFIC = ['server_requests', 'http_requests', 'events_received', 'events_processed'];
const ACTIVE = ['server_active_connections', 'http_active_connections', 'voice_sessions_active', 'webrtc_peer_connections_active', 'websocket_clients'];
const LATENCY = ['http_request_duration_seconds', 'http_request_duration', 'event_processing_duration', 'stt_transcription_latency_seconds', 'llm_generation_latency_seconds'];
const ERRORS = ['server_errors', 'http_errors', 'errors_event_processing', 'stt_errors', 'llm_errors', 'tts_errors', 'recording_jobs_failed', 'webrtc_connection_failures', 'websocket_broadcast_failure'];
const ERROR_NAME = /(^|_)(errors?|failures?|failed)$/;
/** Breakdowns of a family whose name lacks the last part. */
const BREAKDOWN = /_by_[a-z]+$/;
const DROP_NAME = /(^|_)(dropped|drops|lost|discarded|overflowed)$/;

const isCounter = (family: Family) => family.kind === 'counter';
const isCount = (family: Family) => isApplication(family) && family.kind === 'counter' && !BREAKDOWN.test(plainName(family.name));

function errorsOf(store: Store): Family[] {
  const known = ERRORS.map((name) => familyNamed(store, name)).filter((family) => family !== undefined);
  const more = familiesLike(store, ERROR_NAME, isCount).filter((family) => !known.includes(family));
  return [...known, ...more];
}

function latencyOf(store: Store): Family | undefined {
  const isTiming = (family: Family) => family.kind === 'histogram' && family.unit === 'seconds';
  const named = LATENCY.map((name) => familyNamed(store, name)).find((family) => family && isTiming(family));
  return named ?? familiesLike(store, /duration|latency|time/, (family) => isApplication(family) && isTiming(family))[0];
}

export function rolesOf(store: Store): Roles {
  const hasApplication = [...store.families.values()].some(isApplication);
  const traffic = familyNamed(store, ...TRAFFIC)
    ?? familiesLike(store, /(requests|events|messages|received|processed)$/, isCount)[0]
    ?? familiesLike(store, /./, isCount)[0];
  const active = familyNamed(store, ...ACTIVE)
    ?? familiesLike(store, /(active|connections|sessions|clients)/, (family) => isApplication(family) && family.kind !== 'counter' && family.kind !== 'histogram')[0];
  return {
    traffic: traffic ?? familyNamed(store, 'kymo_http_requests'),
    errors: errorsOf(store),
    active: active ?? familyNamed(store, 'kymo_http_connections'),
    latency: latencyOf(store) ?? familyNamed(store, 'kymo_tick_duration_seconds', 'kymo_scrape_duration_seconds'),
    drops: familiesLike(store, DROP_NAME, (family) => isApplication(family) && (isCounter(family) || family.kind === 'up_down_counter' || family.kind === 'gauge')),
    hasApplication,
  };
}

/** Words with a special spelling in titles. The terminal has the same list; the cases are in tests/terminal/golden/titles.tsv. */
const WRITTEN = new Map([
  'API', 'ASR', 'CPU', 'dBFS', 'DNS', 'FD', 'FDs', 'GC', 'GPU', 'HTTP', 'HTTPS', 'ID', 'I/O', 'IP', 'LLM', 'MOS', 'RSS', 'RTCP', 'RTP', 'RTT',
  'SQL', 'STT', 'TCP', 'TLS', 'TTS', 'UDP', 'VAD', 'WebRTC', 'WebSocket', 'WS',
].map((word) => [word.toLowerCase().replace('/', ''), word]));

/** A short title for a family: its name in words. */
export function titleOf(family: Pick<Family, 'name'>): string {
  const words = plainName(family.name).replace(/_(seconds|bytes|ratio)$/, '').split('_');
  return readable(words.map((word, i) => WRITTEN.get(word) ?? (i === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word)).join(' '));
}
