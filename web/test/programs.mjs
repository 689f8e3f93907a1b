// The real programs that the page is tested with: build/release/bin, or KYMO_BIN.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const BIN = process.env.KYMO_BIN ?? fileURLToPath(new URL('../../build/release/bin', import.meta.url));
const ANY_PORT = '127.0.0.1:0';
const ENDS_WITHIN_MS = 5000;
const STARTS_WITHIN_MS = 60_000;

class Program {
  #child;
  #said = '';

  constructor(name, args) {
    this.name = name;
    this.#child = spawn(join(BIN, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => { this.#said += `${error.message}\n`; });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (data) => { this.#said = (this.#said + data).slice(-20_000); });
  }

  /** What the pattern's first group matched in what the program has said. */
  async said(pattern) {
    const end = Date.now() + STARTS_WITHIN_MS;
    while (Date.now() < end && this.#child.exitCode === null) {
      const found = pattern.exec(this.#said);
      if (found) return found[1];
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    throw new Error(`${this.name} did not say ${pattern} but: ${this.#said || 'nothing'}`);
  }

  send(signal) {
    this.#child.kill(signal);
  }

  async stop(signal = 'SIGTERM') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  }
}

const METRICS = /metrics (?:at )?http:\/\/(127\.0\.0\.1:[1-9]\d*)/;

/** A server that serves the page; `stop()` ends all that it is made of. */
class Server {
  constructor(endpoint, programs) {
    this.endpoint = endpoint;
    this.address = `http://${endpoint}/`;
    this.programs = programs;
  }

  async stop(signal) {
    await Promise.all(this.programs.map((program) => program.stop(signal)));
  }
}

/** The voice server, with clients that stream speech to it. */
export async function startVoiceServer({ clients = 0, listen = ANY_PORT } = {}) {
  const server = new Program('voice_server', ['--listen', listen, '--audio', ANY_PORT, '--udp', ANY_PORT]);
  try {
    const endpoint = await server.said(METRICS);
    if (clients === 0) return new Server(endpoint, [server]);
    const [audio, udp] = [await server.said(/audio (ws:\S+)/), await server.said(/udp udp:\/\/(\S+)/)];
    const crowd = new Program('voice_client', ['--listen', ANY_PORT, '--connect', audio, '--udp', udp, '--clients', String(clients), '--churn', '4']);
    return new Server(endpoint, [crowd, server]);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** tests/web/dashboard_server.cc: `busy` or `hostile`. */
export async function startMadeServer(world) {
  const server = new Program('dashboard_server', [world]);
  return new Server(await server.said(METRICS), [server]);
}

/** `kymo serve` with a configuration file; `reload()` makes it read the file again. */
export async function startConfiguredServer(file, scheme) {
  const program = new Program('kymo', ['serve', '--listen', ANY_PORT, '--config', file]);
  const server = new Server(await program.said(/https?:\/\/(127\.0\.0\.1:[1-9]\d*)/), [program]);
  server.address = `${scheme}://${server.endpoint}/`;
  server.reload = () => program.send('SIGHUP');
  return server;
}

/** `kymo serve`: a process without figures of its own. */
export async function startEmptyServer() {
  const server = new Program('kymo', ['serve', '--listen', ANY_PORT]);
  return new Server(await server.said(/http:\/\/(127\.0\.0\.1:[1-9]\d*)/), [server]);
}
