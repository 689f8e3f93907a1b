// An answer of GET /api/sessions/live.

const source = (name, fill_ratio, realtime_factor, more = {}) => ({
  source: name, fill_ratio, realtime_factor, backlog_seconds: realtime_factor / 2, dropped_total: 0, ladder_level: 0, provider: 'local', model: 'vad-1', ...more,
});

export const SESSIONS = {
  sessions: [
    { id: 'b7f1c2', sources: [source('mic', 0.12, 0.04), source('udp', 0.91, 1.3, { dropped_total: 312, ladder_level: 2 })] },
    { id: '0a93de', sources: [source('mic', 0.05, 0.03)] },
  ],
};
