// As much of RFC 6455 as tests need: unfragmented texts, ping and close, without extensions.

import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

function frame(opcode, payload) {
  const length = payload.length;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  const head = Buffer.alloc(length < 65536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 65536 ? 126 : 127;
  if (length < 65536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** The first whole frame of the bytes, or null. Clients mask theirs. */
function parse(bytes) {
  if (bytes.length < 6) return null;
  const short = bytes[1] & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const begin = 2 + lengthBytes + 4;
  if (bytes.length < begin) return null;
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < begin + length) return null;
  const mask = bytes.subarray(begin - 4, begin);
  const payload = Buffer.from(bytes.subarray(begin, begin + length).map((byte, i) => byte ^ mask[i % 4]));
  return { opcode: bytes[0] & 0x0f, payload, rest: bytes.subarray(begin + length) };
}

export class WebSocketConnection {
  onText = () => {};
  onEnd = () => {};
  #socket;
  #bytes = Buffer.alloc(0);

  constructor(request, socket) {
    this.#socket = socket;
    const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('data', (data) => this.#receive(data));
    socket.on('close', () => this.onEnd());
    socket.on('error', () => socket.destroy());
  }

  send(message) {
    if (this.#socket.writable) this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
  }

  close(code = 1001) {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    if (this.#socket.writable) this.#socket.end(frame(CLOSE, payload));
    this.#socket.destroySoon();
  }

  #receive(data) {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    for (let one = parse(this.#bytes); one; one = parse(this.#bytes)) {
      this.#bytes = one.rest;
      if (one.opcode === TEXT) this.onText(one.payload.toString());
      else if (one.opcode === PING) this.#socket.write(frame(PONG, one.payload));
      else if (one.opcode === CLOSE) this.close(1000);
    }
  }
}
