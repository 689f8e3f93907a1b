// Answers of /api/profile and its parts, as docs/reference/openapi.json has them.

/** Stacks of a server that mixes voices. */
export const FOLDED = [
  'room-1;Room::mix;resample 412000', 'room-1;Room::mix;resample;fir 901000', 'room-1;Room::mix;encode 655000', 'room-1;Room::mix;encode;opus 1800000', 'room-1;Room::mix 98000',
  'room-2;Room::mix;resample;fir 310000', 'room-2;Room::mix;encode;opus 640000', 'room-2;Room::mix 41000', 'net;receive;parse 220000', 'net;receive;decrypt 380000', 'net;receive 77000', 'net;send 150000',
].join('\n');

const scope = (name, calls, total, self, fields = {}) => ({
  name, calls, errors: 0, total_seconds: total, self_seconds: self, average_seconds: total / calls, min_seconds: (total / calls) * 0.4, max_seconds: (total / calls) * 6,
  p50_seconds: (total / calls) * 0.9, p95_seconds: (total / calls) * 1.8, p99_seconds: (total / calls) * 3, ...fields,
});

const SCOPES = [
  scope('Room::mix', 412, 4.857, 0.139), scope('encode', 20_400, 3.095, 0.655), scope('opus', 20_400, 2.44, 2.44), scope('resample', 20_412, 1.623, 0.412), scope('fir', 81_600, 1.211, 1.211),
  scope('receive', 60_200, 0.677, 0.077, { errors: 12 }), scope('decrypt', 60_200, 0.38, 0.38), scope('parse', 60_188, 0.22, 0.22), scope('send', 40_100, 0.15, 0.15),
];

/** @param {Record<string, unknown>} fields what is not as usual */
export function profileAnswer(fields = {}) {
  const { functions = SCOPES, slowMs = 10 } = fields;
  return {
    enabled: true, started: new Date(Date.now() - 83_000).toISOString(), duration_seconds: 83, clock_ns: 18,
    threads: [{ id: 4711, name: 'room-1', total_seconds: 3.866 }, { id: 4712, name: 'room-2', total_seconds: 0.991 }, { id: 4713, name: 'net', total_seconds: 0.827 }],
    functions, slow: functions.filter((one) => one.average_seconds >= slowMs / 1000).map(({ name }) => name), dropped_events: 120,
    process: { cpu_percent: 41.7, resident_bytes: 188_743_680, threads: 12, open_fds: 61 }, ...fields,
  };
}

export const OFF = { enabled: false, started: null, duration_seconds: 0, threads: [], functions: [], slow: [], dropped_events: 0 };

/** A server's profiler that does as it is told. */
export class StandInProfiler {
  commands = [];

  constructor({ isOn = true, functions = SCOPES, folded = FOLDED } = {}) {
    this.isOn = isOn;
    this.all = { functions, folded };
    this.kept = isOn ? this.all : { functions: [], folded: '' };
  }

  rest = ({ method, path, query }) => {
    if (method === 'POST') return this.#command(path);
    if (path === '/api/profile/folded') return this.kept.folded;
    if (path !== '/api/profile') return undefined;
    const { functions } = this.kept;
    return functions.length > 0 ? profileAnswer({ enabled: this.isOn, functions, slowMs: Number(query.get('slow_ms')) }) : profileAnswer({ ...OFF, enabled: this.isOn });
  };

  #command(path) {
    const command = path.replace('/api/profile/', '');
    this.commands.push(command);
    if (command === 'reset') this.kept = { functions: [], folded: '' };
    if (command === 'start') this.kept = this.all;
    if (command !== 'reset') this.isOn = command === 'start';
    return { enabled: this.isOn };
  }
}

/** `width` functions beside one another at each of `depth` levels under one thread, in stacks of their own. */
export function wideFolded(width, depth) {
  const lines = [];
  for (let i = 0; i < width; i++) lines.push(`main;${Array.from({ length: depth }, (_, level) => `level ${level} of ${i}`).join(';')} ${100 + i}`);
  return lines.join('\n');
}
