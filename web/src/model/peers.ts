// Reads /api/metrics/peers and its parts. Figures that the server lacks are null.

import { readable } from '../format/readable';
import { fields, isFields, list, moment, number, text, type Fields } from '../protocol/fields';
import type { Level } from './verdict';

export const STATUSES = ['connected', 'degraded', 'disconnected'] as const;
const TRENDS = ['improving', 'stable', 'degrading'] as const;
export type PeerStatus = (typeof STATUSES)[number];
export type Trend = (typeof TRENDS)[number];

export interface Latency {
  readonly current: number | null;
  readonly average: number | null;
  readonly least: number | null;
  readonly most: number | null;
  readonly p95: number | null;
}

/** The parts of a path's score, each 0 to 100, with its weight. */
export const PATH_PARTS = [
  ['latency', 'Latency', 0.3], ['packet_loss', 'Packet loss', 0.25], ['jitter', 'Jitter', 0.15], ['bandwidth', 'Bandwidth', 0.15], ['stability', 'Stability', 0.15],
] as const;

export interface PathPart {
  readonly title: string;
  readonly weight: number;
  readonly score: number;
}

export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly status: PeerStatus;
  /** In milliseconds, like all of a peer's times without "seconds" in their name. */
  readonly latency: Latency;
  readonly jitterMs: number | null;
  readonly interarrivalJitterMs: number | null;
  readonly lossPercent: number | null;
  readonly quality: number | null;
  readonly qualityLabel: string;
  /** The reason for a low score; empty for a high one. */
  readonly qualityReason: string;
  readonly trend: Trend;
  readonly sentPerSecond: number | null;
  readonly receivedPerSecond: number | null;
  readonly bytesSent: number | null;
  readonly bytesReceived: number | null;
  readonly packetsSent: number | null;
  readonly packetsReceived: number | null;
  readonly probesSent: number | null;
  readonly probesAnswered: number | null;
  /** Refused by the peer's limit. */
  readonly probesLimited: number | null;
  readonly pathScore: number | null;
  readonly pathParts: readonly PathPart[];
  readonly pathScore5m: number | null;
  readonly grade: string;
  readonly rFactor: number | null;
  readonly mos: number | null;
  readonly uptimeSeconds: number | null;
  readonly lastSeen: number | null;
}

const LEVEL_OF_STATUS: Record<PeerStatus, Level> = { connected: 'well', degraded: 'degraded', disconnected: 'unwell' };

export function levelOf(status: PeerStatus): Level {
  return LEVEL_OF_STATUS[status];
}

/** In words, by the limits of kymo::peers::quality_label(). */
export function labelOf(score: number | null): string {
  if (score === null) return '';
  return score >= 80 ? 'excellent' : score >= 60 ? 'good' : score >= 40 ? 'fair' : 'poor';
}

function latencyOf(value: unknown, roundTrips: unknown): Latency {
  const latency = fields(value);
  return { current: number(latency.current), average: number(latency.avg), least: number(latency.min), most: number(latency.max), p95: number(fields(roundTrips).p95) };
}

/** Without any traffic in either direction nobody reported traffic: unknown, and not none. */
function trafficOf(value: Fields): Pick<Peer, 'sentPerSecond' | 'receivedPerSecond' | 'bytesSent' | 'bytesReceived' | 'packetsSent' | 'packetsReceived'> {
  const bandwidth = fields(value.bandwidth);
  const totals = [value.bytes_sent, value.bytes_received, value.packets_sent, value.packets_received].map(number);
  const isTold = totals.some((total) => total !== null && total > 0);
  const told = (amount: unknown) => (isTold ? number(amount) : null);
  return {
    sentPerSecond: told(bandwidth.sent_bytes_per_second),
    receivedPerSecond: told(bandwidth.received_bytes_per_second),
    bytesSent: told(value.bytes_sent),
    bytesReceived: told(value.bytes_received),
    packetsSent: told(value.packets_sent),
    packetsReceived: told(value.packets_received),
  };
}

/** If a part is not measured, the others weigh more. */
function pathPartsOf(parts: Fields): PathPart[] {
  const known = PATH_PARTS.flatMap(([field, title, weight]) => {
    const score = number(parts[field]);
    return score === null ? [] : [{ title, weight, score }];
  });
  const all = known.reduce((sum, { weight }) => sum + weight, 0);
  return known.map((part) => ({ ...part, weight: part.weight / all }));
}

export function parsePeer(value: unknown): Peer | null {
  if (!isFields(value) || typeof value.peer_id !== 'string') return null;
  const quality = number(value.quality_score);
  const voice = fields(value.voice);
  const path = fields(value.path);
  const probes = fields(value.probes);
  return {
    id: value.peer_id,
    name: readable(text(value.peer_name) || value.peer_id),
    status: STATUSES.find((status) => status === value.status) ?? 'disconnected',
    latency: latencyOf(value.latency_ms, value.rtt_ms),
    jitterMs: number(value.jitter_ms),
    interarrivalJitterMs: number(value.interarrival_jitter_ms),
    lossPercent: number(value.packet_loss_percent),
    quality,
    qualityLabel: text(value.quality_label) || labelOf(quality),
    qualityReason: readable(text(value.quality_reason)),
    trend: TRENDS.find((trend) => trend === value.quality_trend) ?? 'stable',
    ...trafficOf(value),
    probesSent: number(probes.sent),
    probesAnswered: number(probes.answered),
    probesLimited: number(probes.limited),
    pathScore: number(path.score),
    pathParts: pathPartsOf(path),
    pathScore5m: number(path.score_5m),
    grade: text(path.grade),
    rFactor: number(voice.r_factor),
    mos: number(voice.mos),
    uptimeSeconds: number(value.uptime_seconds),
    lastSeen: moment(value.last_seen),
  };
}

/** The peers in an answer; nothing for an unknown form. */
export function parsePeers(answer: unknown): readonly Peer[] | null {
  if (!isFields(answer) || !Array.isArray(answer.peers)) return null;
  return answer.peers.map(parsePeer).filter((peer) => peer !== null);
}

/** The peers with that status, or any, whose name or id contains all the words. */
export function filterPeers(peers: readonly Peer[], words: readonly string[], status: string): readonly Peer[] {
  return peers.filter((peer) => (status === '' || peer.status === status) && words.every((word) => `${peer.name} ${peer.id}`.toLowerCase().includes(word)));
}

/** ITU-T G.107, annex B: users' judgement of calls with that R. */
export function voiceWords(rFactor: number): string {
  if (rFactor >= 90) return 'users are very satisfied';
  if (rFactor >= 80) return 'users are satisfied';
  if (rFactor >= 70) return 'some users are dissatisfied';
  if (rFactor >= 60) return 'many users are dissatisfied';
  return rFactor >= 50 ? 'nearly all users are dissatisfied' : 'not recommended';
}

export interface Network {
  readonly score: number | null;
  readonly grade: string;
  readonly peers: number;
  readonly connected: number;
}

export function parseNetwork(answer: unknown): Network | null {
  if (!isFields(answer) || number(answer.peers) === null) return null;
  return { score: number(answer.score), grade: text(answer.grade), peers: number(answer.peers) ?? 0, connected: number(answer.connected) ?? 0 };
}

const WORDS_OF_GRADE: Readonly<Record<string, readonly [words: string, level: Level]>> = {
  A: ['excellent', 'well'], B: ['good', 'well'], C: ['fair', 'degraded'], D: ['poor', 'degraded'], F: ['bad', 'unwell'],
};

export function networkWords({ grade }: Network): { words: string; level: Level | 'unknown' } {
  const [words, level] = WORDS_OF_GRADE[grade] ?? ['not known yet', 'unknown' as const];
  return { words, level };
}

/** The path scores of one hour. */
export interface Hour {
  readonly begin: number;
  readonly count: number;
  readonly least: number;
  readonly most: number;
  readonly average: number;
}

export function parseHourly(answer: unknown): readonly Hour[] | null {
  if (!isFields(answer) || !Array.isArray(answer.hours)) return null;
  return list(answer.hours).flatMap((value) => {
    const hour = fields(value);
    const [begin, least, most, average] = [moment(hour.begin), number(hour.min), number(hour.max), number(hour.avg)];
    return begin === null || least === null || most === null || average === null ? [] : [{ begin, count: number(hour.count) ?? 0, least, most, average }];
  });
}
