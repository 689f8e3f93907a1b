// The page's one WebSocket: subscribes, resumes after a loss, and reports its delay.

import { signal } from '@preact/signals';
import type { Store } from '../data/store';
import { parseMessage, ProtocolError, type ServerMessage } from './messages';

export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'lost'; since: number; retryAt: number; reason: string };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A live server sends something each second; one silent for this long is gone, closed or not. */
const SILENCE_MS = 8_000;
const BEHIND_SECONDS = 2;
/** Merged frames are reported from this much time on. */
const SKIPPED_SECONDS = 0.9;
const SHOW_SKIPPED_MS = 5_000;

/** Delay before attempt number `attempt`, with a random part: many pages must not reconnect at once. */
export function backOff(attempt: number, chance: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.75 + chance / 2);
}

/** The state of a page that does not get every frame in time. */
export interface Behind {
  readonly seconds: number;
  readonly skipped: number;
}

/** Clocks may be set: an older difference is meaningless. */
const COMPARED_SECONDS = 60;

/** Measures how late frames arrive. Clocks differ, so the least difference of the last minute counts as no delay. */
export class LagMeter {
  /** Each is less than all that follow it. */
  private readonly leasts: Array<{ readonly time: number; readonly difference: number }> = [];

  lag(frameTime: number, receivedAt: number): number {
    const difference = receivedAt - frameTime;
    while ((this.leasts.at(-1)?.difference ?? -Infinity) >= difference) this.leasts.pop();
    this.leasts.push({ time: frameTime, difference });
    while ((this.leasts[0]?.time ?? frameTime) < frameTime - COMPARED_SECONDS) this.leasts.shift();
    return difference - (this.leasts[0]?.difference ?? difference);
  }
}

export class LiveClient {
  readonly connection = signal<Connection>({ state: 'connecting' });
  readonly behind = signal<Behind | null>(null);
  readonly complaint = signal('');
  private socket: WebSocket | null = null;
  private attempt = 0;
  private lostSince: number | null = null;
  private heardAt = 0;
  private skippedUntil = 0;
  private skipped = 0;
  private meter = new LagMeter();
  private retryTimer = 0;
  private hz = 1;
  private subscribedHz = 1;

  constructor(private readonly url: string, private readonly store: Store) {}

  start(): void {
    this.connect();
    window.setInterval(() => this.watchSilence(), 1000);
    window.addEventListener('online', () => this.retryNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.retryNow());
  }

  retryNow(): void {
    if (this.connection.value.state !== 'lost') return;
    this.attempt = 0;
    this.connect();
  }

  private connect(): void {
    window.clearTimeout(this.retryTimer);
    this.drop();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = (event) => this.socket === socket && this.receive(event.data);
    socket.onclose = (event) => this.socket === socket && this.lost(event.reason);
  }

  /** After the `hello`, which identifies the process: another process' frames cannot continue the old ones. */
  private subscribe(): void {
    const since = this.subscribedHz === this.hz ? this.store.lastSeq : null;
    this.subscribedHz = this.hz;
    this.socket?.send(JSON.stringify({ type: 'subscribe', rate_hz: this.hz, ...(since === null ? {} : { since }) }));
  }

  /** Frames a second from now on. `seq` counts the frames of one rate: another rate cannot resume. */
  setRate(hz: number): void {
    if (hz === this.hz) return;
    this.hz = hz;
    if (this.socket?.readyState === WebSocket.OPEN && this.connection.value.state === 'live') this.subscribe();
  }

  private receive(data: unknown): void {
    this.heardAt = performance.now();
    try {
      if (typeof data !== 'string') throw new ProtocolError('a message that is not text');
      const message = parseMessage(data);
      if (message) this.take(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.lost(`the server sent ${error.message}`);
    }
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.store.hello(message);
        return this.subscribe();
      case 'full':
        this.meter = new LagMeter();
        this.store.full(message);
        return this.alive();
      case 'delta':
        if (this.store.isSetBack(message.time)) this.meter = new LagMeter();
        this.measure(message.seq, message.time);
        return this.store.delta(message);
      case 'error':
        this.complaint.value = message.error;
        return;
      case 'pong': return;
    }
  }

  private alive(): void {
    this.attempt = 0;
    this.lostSince = null;
    this.complaint.value = '';
    this.connection.value = { state: 'live' };
  }

  private measure(seq: number, time: number): void {
    const seconds = this.meter.lag(time, Date.now() / 1000);
    const missed = this.store.lastSeq === null ? 0 : Math.max(0, seq - this.store.lastSeq - 1);
    if (missed / this.hz > SKIPPED_SECONDS) {
      this.skipped = (performance.now() < this.skippedUntil ? this.skipped : 0) + missed;
      this.skippedUntil = performance.now() + SHOW_SKIPPED_MS;
    }
    const skipped = performance.now() < this.skippedUntil ? this.skipped : 0;
    const isBehind = seconds > BEHIND_SECONDS || skipped > 0;
    if (isBehind || this.behind.value) this.behind.value = isBehind ? { seconds, skipped } : null;
  }

  private lost(reason: string): void {
    this.drop();
    this.lostSince ??= Date.now();
    const wait = backOff(this.attempt++, Math.random());
    this.behind.value = null;
    this.connection.value = { state: 'lost', since: this.lostSince, retryAt: Date.now() + wait, reason };
    this.retryTimer = window.setTimeout(() => this.connect(), wait);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private watchSilence(): void {
    if (this.socket && performance.now() - this.heardAt > SILENCE_MS) this.lost('the server went silent');
  }
}
