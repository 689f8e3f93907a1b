// Servers that do not exist, measured: what the stand-in serves. All figures come from a fixed seed, so that a test sees the same
// each time.

/** A generator of numbers in [0, 1) (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class World {
  families = [];
  tick = 0;
  random = randomFrom(7);
  #onTick = [];

  add(name, kind, unit, help, series, more = {}) {
    this.families.push({ name, kind, unit, help, ...more, series: series.map(([labels, update, v]) => ({ labels, update, v })) });
  }

  gauge(name, unit, help, value, labels = {}) {
    this.add(name, 'gauge', unit, help, [[labels, value, value(0)]]);
  }

  gauges(name, unit, help, each) {
    this.add(name, 'gauge', unit, help, each.map(([labels, value]) => [labels, value, value(0)]));
  }

  /** A counter that grows by `more(tick)` each tick. */
  counter(name, unit, help, more, labels = {}) {
    this.counters(name, unit, help, [[labels, more]]);
  }

  counters(name, unit, help, each) {
    this.add(name, 'counter', unit, help, each.map(([labels, more]) => [labels, (tick, v) => v + more(tick), 0]));
  }

  /** A histogram of `count(tick)` values a tick, spread around `middle(tick)`. */
  histogram(name, unit, help, each) {
    this.add(name, 'histogram', unit, help, each.map(([labels, count, middle, spread]) => [
      labels, (tick, v) => this.#record(v, Math.round(count(tick)), middle(tick), spread), emptyHistogram(),
    ]));
  }

  noise(amount = 1) {
    return (this.random() - 0.5) * 2 * amount;
  }

  onTick(action) {
    this.#onTick.push(action);
  }

  step() {
    this.tick += 1;
    for (const action of this.#onTick) action(this.tick);
    for (const family of this.families) for (const series of family.series) series.v = series.update(this.tick, series.v);
  }

  #normal() {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }

  #record(before, count, middle, spread) {
    const after = { ...before, all: new Map(before.all) };
    for (let i = 0; i < count; i++) {
      const value = middle * Math.exp(spread * this.#normal());
      const index = Math.ceil(Math.log2(value) * 8) - 1;
      after.all.set(index, (after.all.get(index) ?? 0) + 1);
      after.count += 1;
      after.sum += value;
      after.min = Math.min(after.min ?? Infinity, value);
      after.max = Math.max(after.max ?? 0, value);
    }
    after.buckets = [...after.all].sort((a, b) => a[0] - b[0]);
    Object.defineProperty(after, 'all', { enumerable: false });
    return after;
  }
}

function emptyHistogram() {
  const value = { count: 0, sum: 0, buckets: [] };
  Object.defineProperty(value, 'all', { value: new Map(), enumerable: false, writable: true });
  return value;
}

const wave = (tick, period, phase = 0) => Math.sin((tick / period) * 2 * Math.PI + phase);
const MIB = 1024 * 1024;

/** The process and the host, as kymo measures them in each server. */
function addSystem(world, load) {
  const core = (phase) => (tick) => Math.min(1, Math.max(0.01, load * (0.8 + 0.3 * wave(tick, 70, phase)) + world.noise(0.06)));
  world.gauges('kymo_system_cpu_core_ratio', 'ratio', 'Share of the CPU that was busy.', [0, 1, 2, 3].map((cpu) => [{ cpu: String(cpu) }, core(cpu * 1.3)]));
  world.gauge('kymo_system_cpu_limit_cores', '', 'Cores that this process may use.', () => 4);
  world.gauge('kymo_system_effective_cores', '', 'Cores\' worth of work done.', (tick) => 4 * core(0)(tick));
  world.gauge('kymo_process_cpu_ratio', 'ratio', 'CPU used; 1 is one core.', (tick) => 3 * load * (0.85 + 0.15 * wave(tick, 50)) + Math.abs(world.noise(0.05)));
  world.gauge('kymo_cgroup_cpu_ratio', 'ratio', 'Share of the cores that may be used.', (tick) => Math.min(1, load + world.noise(0.03)));
  world.gauge('kymo_system_memory_limit_bytes', 'bytes', 'Memory that this process may use.', () => 4096 * MIB);
  world.gauge('kymo_system_memory_used_ratio', 'ratio', 'Share of the memory in use.', () => 0.41);
  world.gauge('process_resident_memory_bytes', 'bytes', 'Resident memory.', (tick) => (180 + 900 * load + 12 * wave(tick, 240) + tick * 0.02) * MIB);
  world.gauge('process_proportional_memory_bytes', 'bytes', 'Resident memory, shared pages divided.', (tick) => (150 + 850 * load + 12 * wave(tick, 240)) * MIB);
  world.gauge('kymo_system_network_receive_bytes_per_second', 'bytes_per_second', 'Received.', (tick) => Math.max(0, load * 6e6 * (1 + 0.3 * wave(tick, 45)) + world.noise(2e5)));
  world.gauge('kymo_system_network_transmit_bytes_per_second', 'bytes_per_second', 'Sent.', (tick) => Math.max(0, load * 2e6 * (1 + 0.3 * wave(tick, 45, 1)) + world.noise(1e5)));
  world.gauges('kymo_system_pressure_ratio', 'ratio', 'Share of the time that tasks waited.', [
    [{ resource: 'cpu', kind: 'some' }, (tick) => load * 0.1 * (1 + 0.5 * wave(tick, 60))], [{ resource: 'memory', kind: 'some' }, () => 0],
    [{ resource: 'io', kind: 'some' }, (tick) => 0.01 * (1 + wave(tick, 25))], [{ resource: 'memory', kind: 'full' }, () => 0], [{ resource: 'io', kind: 'full' }, () => 0],
  ]);
  world.gauge('process_open_fds', '', 'Open file descriptors.', (tick) => 48 + Math.round(load * 20 * (1 + wave(tick, 90))));
  world.gauge('process_max_fds', '', 'File descriptors it may open.', () => 1024);
  world.gauge('process_threads', '', 'Threads.', () => 12);
  world.counter('process_cpu_seconds_total', 'seconds', 'CPU time.', () => load);
  world.counter('kymo_http_requests_total', '', 'Requests answered by the metrics server.', () => 1);
  world.counter('kymo_http_requests_bad_total', '', 'Requests refused.', () => 0);
  world.gauge('kymo_http_connections', '', 'Connections to the metrics server.', () => 1);
  world.counter('kymo_series_overflowed_total', '', 'Look-ups that got the overflow series.', () => 0);
  world.counter('kymo_ticks_missed_total', '', 'Ticks left out.', () => 0);
  world.histogram('kymo_scrape_duration_seconds', 'seconds', 'Time that making an answer takes.', [[{ format: 'json' }, () => 1, () => 0.0008, 0.3]]);
  world.counters('node_network_receive_bytes_total', 'bytes', 'Received.', ['lo', 'eth0'].map((device) => [{ device }, () => 1e6 * load]));
}

function addVoice(world, load, trouble) {
  const events = (tick) => Math.round(load * 900 * (1 + 0.15 * wave(tick, 120)) + world.noise(20));
  const failing = (tick) => (trouble && tick % 90 > 40 ? Math.round(events(tick) * 0.03) : 0);
  world.counter('server.requests', '', 'Requests received.', events);
  world.counter('server.errors', '', 'Requests that failed.', failing);
  world.gauge('server.active_connections', '', 'Connections open now.', (tick) => Math.round(24 * load * 2 + 4 * wave(tick, 150)));
  world.histogram('event.processing.duration', 'seconds', 'Time that a handler took.', [
    [{}, (tick) => events(tick) / 3, (tick) => 0.004 * (1 + 0.5 * wave(tick, 100)) * (trouble && tick % 90 > 40 ? 3 : 1), 0.7],
    [{ event_type: 'mic' }, (tick) => events(tick) / 6, () => 0.004, 0.6],
    [{ event_type: 'speaker' }, (tick) => events(tick) / 6, () => 0.006, 0.5],
  ]);
  world.counters('events.received.by_type', '', 'Events received, by type.', ['mic', 'speaker', 'udp'].map((event_type, i) => [{ event_type }, (tick) => Math.round(events(tick) / (i + 2))]));
  world.gauge('events.error_rate', 'ratio', 'Share of the events whose processing failed.', (tick) => (failing(tick) ? 0.03 : 0));
  world.counter('udp.packet.received', '', 'UDP packets received.', (tick) => Math.round(events(tick) / 2));
  world.add('udp.packet.dropped', 'up_down_counter', '', 'Packets that are missing.', [[{}, (tick, v) => v + (world.random() < 0.1 || failing(tick) ? Math.round(world.random() * (trouble ? 20 : 1)) : 0), 0]]);
  world.gauge('udp.packet.loss_rate', 'ratio', 'Missing of all.', () => (trouble ? 0.012 : 0.0004));
  world.gauges('stream.queue.fill_ratio', 'ratio', 'How full the queue is.', ['mic', 'speaker', 'udp'].map((source, i) => [{ source }, (tick) => Math.min(1, Math.max(0, (trouble && i === 0 ? 0.88 : 0.2) + 0.08 * wave(tick, 33, i) + world.noise(0.02)))]));
  world.histogram('websocket.message.size', 'bytes', 'Payload of messages.', [[{ direction: 'received' }, () => 60, () => 900, 0.4], [{ direction: 'sent' }, () => 20, () => 140, 0.3]]);
  world.gauge('websocket.clients', '', 'Clients connected now.', () => 24);
  world.gauge('cache.hit_rate', 'ratio', 'Share of the look-ups that the cache answered.', (tick) => 0.9 + 0.05 * wave(tick, 80));
  world.counter('cache.hits', '', 'Look-ups answered.', () => 90);
  world.add('server.processing_time', 'window', 'seconds', 'The last 100 requests.', [[{}, (tick) => ({ count: 100, sum: 0.4, min: 0.001, max: 0.02, mean: 0.004 + 0.001 * wave(tick, 40), p50: 0.0035, p95: 0.009, p99: 0.015 }), { count: 0 }]]);
}

function addThousand(world) {
  world.gauges('many.values', '', 'A thousand values that all change.', Array.from({ length: 1000 }, (_, i) => [{ index: String(i).padStart(4, '0') }, (tick) => 50 + 40 * wave(tick, 20 + (i % 50), i) + world.noise(3)]));
}

export const XSS = '<img src=x onerror="window.broken=true"><script>window.broken=true</script>';

function addHostileNames(world) {
  world.counter(`evil.${XSS}`, XSS, XSS, () => 5, { [`key${XSS}`]: XSS });
  world.gauges(`javascript:alert(1)//${XSS}.fill_ratio`, 'ratio', XSS, [[{ [XSS]: `"'><svg onload=window.broken=true>` }, () => 0.97]]);
  world.counter('__proto__', '', 'A name that is a property of every object.', () => 1, { constructor: 'toString' });
}

const WORLDS = {
  empty: (world) => addSystem(world, 0.03),
  voice: (world) => { addSystem(world, 0.35); addVoice(world, 0.5, false); },
  busy: (world) => { addSystem(world, 0.9); addVoice(world, 1, true); },
  thousand: (world) => { addSystem(world, 0.3); addThousand(world); },
  hostile: (world) => { addSystem(world, 0.1); addHostileNames(world); },
};

export function makeWorld(name) {
  const world = new World();
  const make = WORLDS[name];
  if (!make) throw new Error(`there is no world "${name}"; there are ${Object.keys(WORLDS).join(', ')}`);
  make(world);
  return world;
}
