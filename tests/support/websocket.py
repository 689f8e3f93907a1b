"""A WebSocket client for tests (RFC 6455), on the standard library: it can also break every rule."""

import base64
import json
import os
import select
import socket
import struct
import time
import urllib.parse

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
DEADLINE_S = 30
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of that key (RFC 6455 1.3)


def frame(opcode, payload=b"", *, fin=True, rsv=0, masked=True, length=None):
    """One frame as it goes over the wire. `length`: (code, bytes of it) where it shall not be the true one."""
    first = (0x80 if fin else 0) | (rsv << 4) | opcode
    mask = os.urandom(4)
    size = len(payload)
    if length is not None:
        code, extra = length
    elif size < 126:
        code, extra = size, b""
    elif size < 65536:
        code, extra = 126, struct.pack("!H", size)
    else:
        code, extra = 127, struct.pack("!Q", size)
    head = bytes([first, (0x80 if masked else 0) | code]) + extra
    if not masked:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def handshake(path, host, **headers):
    """The bytes of a handshake; a header of None is left out, underscores stand for hyphens."""
    fields = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"GET {path} HTTP/1.1"] + [f"{k}: {v}" for k, v in fields.items() if v is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class WebSocket:
    """One connection. `status` and `headers` are those of the answer to the handshake."""

    def __init__(self, url, *, receive_buffer=None, eager=b"", tls=None, **headers):
        address = urllib.parse.urlparse(url)
        self._buffer = b""
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect((address.hostname, address.port))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address.hostname)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        self.socket.sendall(handshake(target, address.netloc, **headers) + eager)
        head = self._read_to(b"\r\n\r\n").decode()
        self.status = int(head.split(" ", 2)[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_json(self, message):
        self.send(frame(TEXT, json.dumps(message).encode()))

    def read_frame(self):
        """First byte and payload of the next frame; None at the end of the connection."""
        try:
            first, second = self._read(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self._read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._read(8))
            if second & 0x80:
                raise AssertionError("a server's frame is masked (RFC 6455 5.1)")
            return first, self._read(size)
        except (EOFError, ConnectionError):
            return None

    def read_message(self):
        """Opcode and payload of the next data message; pings are answered. (CLOSE, code) at the end."""
        while True:
            got = self.read_frame()
            if got is None:
                return CLOSE, None
            first, payload = got
            if first == 0x80 | CLOSE:
                return CLOSE, struct.unpack("!H", payload[:2])[0] if payload else 1005
            if first == 0x80 | PING:
                self.send(frame(PONG, payload))
            elif first != 0x80 | PONG:
                return first & 0xF, payload

    def read_json(self):
        opcode, payload = self.read_message()
        if opcode != TEXT:
            raise AssertionError(f"the connection ended with {payload}")
        return json.loads(payload)

    def read_until(self, kind):
        """The next message of a type."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            message = self.read_json()
            if message["type"] == kind:
                return message
        raise AssertionError(f"waited {DEADLINE_S} s for {kind}")

    def read_to_close(self):
        """The code that the connection is closed with, whatever comes before."""
        while (got := self.read_message())[0] != CLOSE:
            pass
        return got[1]

    def is_quiet(self, seconds):
        """Whether nothing comes for a while."""
        return not self._buffer and not select.select([self.socket], [], [], seconds)[0]

    def _read(self, size):
        while len(self._buffer) < size:
            self._fill()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _read_to(self, end):
        while end not in self._buffer:
            self._fill()
        data, _, self._buffer = self._buffer.partition(end)
        return data

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._buffer += data


def random_key():
    return base64.b64encode(os.urandom(16)).decode()


class LiveState:
    """What a client of the live protocol knows: built from one full frame and the deltas after it."""

    def __init__(self):
        self.seq = 0
        self.families = {}
        self.series = {}
        self.values = {}

    def apply(self, message):
        if message["type"] == "full":
            self.__init__()
            for family in message["families"]:
                self.families[family["id"]] = family["name"]
                for series in family["series"]:
                    self._add(series["id"], family["id"], series["labels"])
                    self.values[series["id"]] = series["v"]
        else:
            for family in message.get("families", []):
                self.families[family["id"]] = family["name"]
            for series in message.get("series", []):
                self._add(series["id"], series["family"], series["labels"])
            for number, value in message.get("values", []):
                assert number in self.series, f"a value of unknown series {number}"
                self.values[number] = value
            for number in message.get("gone", []):
                del self.series[number], self.values[number]
        assert message["seq"] > self.seq, "seq does not grow"
        self.seq = message["seq"]

    def _add(self, number, family, labels):
        assert number not in self.series, f"id {number} twice"
        self.series[number] = (self.families[family], tuple(sorted(labels.items())))

    def value(self, name, **labels):
        wanted = (name, tuple(sorted(labels.items())))
        return next((self.values[n] for n, series in self.series.items() if series == wanted), None)
