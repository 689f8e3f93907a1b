// Answers of GET /api/sessions/live, as docs/reference/stream.md has them.

const LEVELS = ['NORMAL', 'WARNING', 'DEGRADE', 'EMERGENCY', 'FAILOVER'];

const session = (fields) => ({
  session_id: '', attempt_id: '', connection_id: '', provider: 'local', model_id: 'vad-1', vad_enabled: true, level: 'NORMAL', age_seconds: 12.5, sources: 1,
  queue_fill_ratio: 0, queue_depth: 0, queue_bytes: 0, backlog_seconds: 0, lag_seconds: 0, dropped_total: 0, dropped_recent: 0, bytes_received: 640, chunks_processed: 1,
  errors: 0, inference_ms_mean: 12, realtime_factor: 0.6, ...fields,
});

/** @param {ReadonlyArray<Record<string, unknown>>} sessions what is not as usual about each */
export function sessionsAnswer(sessions, time = Date.now() / 1000) {
  const top = sessions.map(session);
  const levels = Object.fromEntries(LEVELS.map((name) => [name, top.filter((one) => one.level === name).length]));
  return { timestamp: time, sessions: top.length, max_sessions: 1000, sums: {}, levels, by: 'realtime_factor', top };
}
