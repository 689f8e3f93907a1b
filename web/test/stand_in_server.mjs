// Stands in for kymo in tests of the page: serves the bundle as kymo does, and speaks docs/reference/live.md over a world that does
// not exist.   node stand_in_server.mjs [WORLD] [PORT]

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sessionsAnswer } from './sessions.mjs';
import { makeWorld } from './worlds.mjs';
import { WebSocketConnection } from './websocket_server.mjs';

const DIST = process.env.KYMO_WEB_OUT ?? fileURLToPath(new URL('../dist', import.meta.url));
const CSP = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const REPLAYED_FRAMES = 120;

/** One world's frames; it outlives a server that is restarted. */
export class History {
  frames = [];
  seq = 0;

  constructor(worldName, { warmUp = 0, instance = 'instance-1' } = {}) {
    this.world = makeWorld(worldName);
    this.instance = instance;
    this.warmUp = warmUp;
    for (let i = warmUp; i >= 0; i--) this.step(-i);
    const now = Date.now() / 1000;
    for (const frame of this.frames) frame.time += now;
  }

  step(time) {
    this.world.step();
    this.seq += 1;
    let id = 0;
    const values = [];
    for (const family of this.world.families) for (const series of family.series) values.push([id++, series.v]);
    this.frames.push({ seq: this.seq, time, values });
    if (this.frames.length > Math.max(REPLAYED_FRAMES, this.warmUp + 1)) this.frames.shift();
  }

  get last() {
    return this.frames[this.frames.length - 1];
  }
}

/** What one connection has been sent. */
class Subscriber {
  subscribed = false;
  #sent = [];

  constructor(connection, history) {
    this.connection = connection;
    this.history = history;
    connection.onText = (text) => this.#receive(text);
    const { instance, last } = history;
    connection.send({ type: 'hello', protocol: 1, server: 'kymo/0.1.0', instance, time: last.time, rate_hz: 1, tick_seconds: 1 });
  }

  #receive(text) {
    const message = JSON.parse(text);
    if (message.type === 'ping') return this.connection.send({ type: 'pong', id: message.id, time: Date.now() / 1000 });
    if (message.type !== 'subscribe') return this.connection.send({ type: 'error', error: `type: "${message.type}" is not known; use subscribe` });
    this.subscribed = true;
    const { frames, warmUp } = this.history;
    const first = message.since === undefined && warmUp > 0 ? Math.max(0, frames.length - warmUp) : frames.length - 1;
    this.#full(frames[first], message.since);
    for (const frame of frames.slice(first + 1)) this.delta(frame);
  }

  /** The frames after that one, if all of them are still there. */
  #replay(since) {
    const missed = this.history.frames.slice(-REPLAYED_FRAMES).filter((frame) => frame.seq > since);
    return missed[0]?.seq === since + 1 ? { replay: missed } : {};
  }

  #full(frame, since) {
    let id = 0;
    const families = this.history.world.families.map(({ name, kind, unit, help, series }, family) => ({
      id: family, name, kind, unit, help, series: series.map(({ labels }) => ({ id: id++, labels, v: frame.values[id - 1][1] })),
    }));
    this.#sent = frame.values.map(([, v]) => JSON.stringify(v));
    this.connection.send({ type: 'full', seq: frame.seq, time: frame.time, uptime_seconds: frame.seq, ...(since === undefined ? {} : this.#replay(since)), families });
  }

  delta(frame) {
    if (!this.subscribed) return;
    const values = frame.values.filter(([id, v]) => this.#sent[id] !== JSON.stringify(v));
    for (const [id, v] of values) this.#sent[id] = JSON.stringify(v);
    this.connection.send({ type: 'delta', seq: frame.seq, time: frame.time, uptime_seconds: frame.seq, ...(values.length ? { values } : {}) });
  }
}

export class StandInServer {
  /** What GET /api/sessions/live tells; null: there is no such address. */
  sessions = null;
  /** Answers of other addresses: from method, path and query an object for JSON, a text, a number for a status, or undefined where there is none. */
  rest = () => undefined;
  /** Whether the token is asked for, which the page does not have any more. */
  asksForToken = false;
  /** Ticks that are measured but not sent, as for a client that is too slow. */
  skip = 0;
  requests = [];
  #subscribers = new Set();
  #server;
  #timer;

  constructor(history) {
    this.history = history;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket) => this.#upgrade(request, socket));
  }

  async start(port = 0) {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.#server.address().port;
    this.#timer = setInterval(() => this.#tick(), 1000);
    return this;
  }

  get address() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends the connections that there are, and stays. */
  cut() {
    for (const subscriber of this.#subscribers) subscriber.connection.close(1001);
  }

  async stop() {
    clearInterval(this.#timer);
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #tick() {
    this.history.step(Date.now() / 1000);
    if (this.skip > 0) {
      this.skip -= 1;
      return;
    }
    for (const subscriber of this.#subscribers) subscriber.delta(this.history.last);
  }

  #upgrade(request, socket) {
    this.requests.push(request.url);
    if (this.asksForToken) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    if (request.url !== '/ws/metrics') return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    const subscriber = new Subscriber(new WebSocketConnection(request, socket), this.history);
    this.#subscribers.add(subscriber);
    subscriber.connection.onEnd = () => this.#subscribers.delete(subscriber);
    return undefined;
  }

  async #answer(request, response) {
    this.requests.push(request.url);
    const path = normalize(new URL(request.url, this.address).pathname);
    const headers = { 'Content-Security-Policy': CSP, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };
    if (path === '/login') {
      const next = new URL(request.url, this.address).searchParams.get('next');
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>token</title><a href="${next}">Let in</a>`);
      return;
    }
    if (this.asksForToken) {
      response.writeHead(401, { ...headers, 'Content-Type': 'application/json' }).end('{"error":{"status":401,"message":"this server asks for a token"}}');
      return;
    }
    const answer = this.rest({ method: request.method, path, query: new URL(request.url, this.address).searchParams });
    if (typeof answer === 'number') {
      response.writeHead(answer, { ...headers, 'Content-Type': 'application/json' }).end(`{"error":{"status":${answer},"message":"a page of another origin asked"}}`);
      return;
    }
    if (answer !== undefined) {
      const isText = typeof answer === 'string';
      response.writeHead(200, { ...headers, 'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json' }).end(isText ? answer : JSON.stringify(answer));
      return;
    }
    if (path === '/api/sessions/live' && this.sessions) {
      response.writeHead(200, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(sessionsAnswer(this.sessions)));
      return;
    }
    const file = path === '/' ? 'index.html' : path;
    try {
      const body = await readFile(join(DIST, file));
      response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404, { ...headers, 'Content-Type': 'application/json' }).end('{"error":"there is nothing here"}\n');
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [world = 'voice', port = '9465'] = process.argv.slice(2);
  const server = await new StandInServer(new History(world, { warmUp: 600 })).start(Number(port));
  process.stdout.write(`${server.address}\n`);
}
