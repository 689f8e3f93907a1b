// What /api/metrics/peers tells.

export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly status: 'connected' | 'degraded' | 'disconnected';
  readonly latencyMs: number | null;
  readonly jitterMs: number | null;
  readonly lossPercent: number | null;
  readonly quality: number | null;
  readonly trend: 'improving' | 'stable' | 'degrading';
  readonly uptimeSeconds: number | null;
}

const STATUSES: readonly Peer['status'][] = ['connected', 'degraded', 'disconnected'];
const TRENDS: readonly Peer['trend'][] = ['improving', 'stable', 'degrading'];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

function parsePeer(value: unknown): Peer | null {
  if (!isRecord(value) || typeof value.peer_id !== 'string') return null;
  const latency = isRecord(value.latency_ms) ? value.latency_ms : {};
  return {
    id: value.peer_id,
    name: text(value.peer_name) || value.peer_id,
    status: STATUSES.find((status) => status === value.status) ?? 'disconnected',
    latencyMs: number(latency.current),
    jitterMs: number(value.jitter_ms),
    lossPercent: number(value.packet_loss_percent),
    quality: number(value.quality_score),
    trend: TRENDS.find((trend) => trend === value.quality_trend) ?? 'stable',
    uptimeSeconds: number(value.uptime_seconds),
  };
}

/** The peers that an answer lists, those first that need a look; nothing where it is none that this page knows. */
export function parsePeers(answer: unknown): readonly Peer[] | null {
  if (!isRecord(answer) || !Array.isArray(answer.peers)) return null;
  const peers = answer.peers.map(parsePeer).filter((peer) => peer !== null);
  return peers.sort((a, b) => (a.quality ?? 101) - (b.quality ?? 101) || a.name.localeCompare(b.name));
}
