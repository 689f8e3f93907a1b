// Answers of the addresses of peers and of their sessions, as docs/reference/openapi.json has them.

const iso = (unixSeconds) => new Date(unixSeconds * 1000).toISOString();

/** One peer of /api/metrics/peers. @param {Record<string, unknown>} fields what is not as usual */
export function peerAnswer(fields = {}) {
  return {
    peer_id: 'anna', peer_name: '', status: 'connected', latency_ms: { current: 12.5, avg: 12.1, min: 10.2, max: 31.9 }, jitter_ms: 1.42, packet_loss_percent: 0,
    bytes_sent: 48_211_004, bytes_received: 51_900_212, packets_sent: 61_204, packets_received: 60_991, uptime_seconds: 3661, last_seen: iso(Date.now() / 1000), quality_score: 94.2,
    quality_trend: 'stable', quality_label: 'excellent', quality_reason: null, rtt_ms: { count: 300, min: 10.2, max: 31.9, avg: 12.1, p95: 14.9, sum: 3630 }, interarrival_jitter_ms: 0.81,
    bandwidth: { sent_bytes_per_second: 131_072, received_bytes_per_second: 98_304 }, probes: { sent: 3661, answered: 3660 },
    path: { score: 91.4, grade: 'A', score_5m: 90.8, latency: 93.8, jitter: 97.2, packet_loss: 100, bandwidth: 52.4, stability: 99.9 }, voice: { r_factor: 92.6, mos: 4.39 }, ...fields,
  };
}

/** A latency that swings, every `lostEvery`th probe without an answer. */
export function probesAnswer(id, { count = 300, lostEvery = 0, middle = 12, end = Date.now() / 1000 } = {}) {
  const points = Array.from({ length: count }, (_, i) => ({
    timestamp: iso(end - (count - 1 - i)),
    latency_ms: lostEvery > 0 && i % lostEvery === 0 ? null : middle * (1 + 0.15 * Math.sin(i / 9) + 0.08 * Math.sin(i * 2.7)),
  }));
  return { peer_id: id, points };
}

/** The last day, but for some hours that nothing is known of. */
export function hourlyAnswer(id, end = Date.now() / 1000) {
  const last = Math.floor(end / 3600) * 3600;
  const hours = Array.from({ length: 24 }, (_, i) => {
    const avg = i === 17 ? 24 : 82 + 10 * Math.sin(i / 3) - (i % 7 === 5 ? 25 : 0);
    return { begin: iso(last - (23 - i) * 3600), count: 3600, min: Math.max(0, avg - 14), max: Math.min(100, avg + 6), avg };
  });
  return { peer_id: id, hours: hours.filter((_, i) => i < 9 || i > 11) };
}

export const PAST_SESSIONS = [
  { session_id: 's-3', kind: 'game', name: 'Friday night', start_time: '2026-03-06T20:01:00Z', end_time: null, duration_seconds: 1260, peers: ['anna', 'ben'], latency_ms: { min: 10.2, avg: 14.8, max: 81.5 }, interrupted: false },
  { session_id: 's-2', kind: 'call', name: '', start_time: '2026-03-06T18:30:00Z', end_time: '2026-03-06T18:42:30Z', duration_seconds: 750, peers: ['carl'], latency_ms: { min: null, avg: null, max: null }, interrupted: true },
];

const gradeOf = (score) => (score >= 90 ? 'A' : score >= 70 ? 'B' : score >= 50 ? 'C' : score >= 30 ? 'D' : 'F');

function networkAnswer(peers) {
  const counted = (status) => peers.filter((peer) => peer.status === status).length;
  const score = peers.length > 0 ? peers.reduce((sum, { path }) => sum + (path?.score ?? 0), 0) / peers.length : null;
  return { peers: peers.length, connected: counted('connected'), degraded: counted('degraded'), disconnected: counted('disconnected'), score, grade: score === null ? null : gradeOf(score) };
}

/** Four peers: one well, one so-so, one lossy, one gone. */
export const PEERS = [
  peerAnswer({ peer_id: 'anna', peer_name: 'Anna' }),
  peerAnswer({ peer_id: 'ben', peer_name: 'Ben', quality_score: 71.3, quality_label: 'good', quality_trend: 'improving', latency_ms: { current: 48.1, avg: 52, min: 40, max: 90 }, jitter_ms: 6.2,
    path: { score: 74.2, grade: 'B', score_5m: 71, latency: 76, jitter: 87.6, packet_loss: 99, bandwidth: 8, stability: 99 }, voice: { r_factor: 86.1, mos: 4.2 } }),
  peerAnswer({ peer_id: 'carl', peer_name: 'Carl', status: 'degraded', quality_score: 31.4, quality_label: 'poor', quality_reason: 'the last probe had no answer', quality_trend: 'degrading', latency_ms: { current: null, avg: 118, min: 80, max: 260 }, jitter_ms: 31,
    packet_loss_percent: 8.3, path: { score: 48.8, grade: 'D', score_5m: 52, latency: 41, jitter: 38, packet_loss: 91.7, bandwidth: 2, stability: 91.7 }, voice: { r_factor: 52.4, mos: 2.7 } }),
  peerAnswer({ peer_id: 'dora', peer_name: 'Dora', status: 'disconnected', quality_score: 0, quality_label: 'poor', quality_reason: 'disconnected: silent for 75 s', latency_ms: { current: null, avg: null, min: null, max: null }, jitter_ms: null, packet_loss_percent: 100,
    bandwidth: { sent_bytes_per_second: null, received_bytes_per_second: null }, path: null, voice: null }),
];

/** What a server with these peers and sessions answers. */
export function peersRest(peers, sessions = []) {
  return ({ path }) => {
    if (path === '/api/metrics/peers') return { peers };
    if (path === '/api/metrics/network') return networkAnswer(peers);
    if (path === '/api/metrics/sessions') return { sessions };
    const [, id, part] = /^\/api\/metrics\/peers\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const peer = peers.find((one) => one.peer_id === decodeURIComponent(id ?? ''));
    if (!peer) return undefined;
    if (part === 'latency') return probesAnswer(peer.peer_id, { count: peer.status === 'disconnected' ? 0 : 300, lostEvery: peer.status === 'degraded' ? 7 : 0, middle: peer.latency_ms.avg ?? 12 });
    return part === 'hourly' ? hourlyAnswer(peer.peer_id) : peer;
  };
}
