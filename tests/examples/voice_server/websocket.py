"""A WebSocket client that can also misbehave (RFC 6455). Debian's Python only."""

import base64
import json
import os
import socket
import struct

TEXT = 1
BINARY = 2
CLOSE = 8
PING = 9


class WebSocket:
    def __init__(self, url, timeout=30):
        host, port = url.removeprefix("ws://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.reader = self.socket.makefile("rb")
        status = self.reader.readline()
        if b" 101 " not in status:
            raise ConnectionError(status)
        while self.reader.readline() != b"\r\n":
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reader.close()
        self.socket.close()

    @staticmethod
    def frame(kind, payload):
        """A whole masked frame."""
        if len(payload) < 126:
            length = bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            length = bytes([0x80 | 126]) + struct.pack(">H", len(payload))
        else:
            length = bytes([0x80 | 127]) + struct.pack(">Q", len(payload))
        return bytes([0x80 | kind]) + length + bytes(4) + payload  # a mask of zeros leaves the payload as it is

    def send(self, kind, payload):
        self.socket.sendall(self.frame(kind, payload))

    def send_json(self, message):
        self.send(TEXT, json.dumps(message).encode())

    def receive(self):
        """Kind and payload of the next frame; the server never splits one."""
        kind, length = self.reader.read(2)
        length &= 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.reader.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.reader.read(8))
        return kind & 0x0F, self.reader.read(length)

    def receive_json(self, wanted):
        """The next message of that type; others are skipped."""
        while True:
            kind, payload = self.receive()
            if kind == CLOSE:
                raise ConnectionError(f"closed: {payload!r}")
            if kind == TEXT:
                message = json.loads(payload)
                if message["type"] == wanted:
                    return message
