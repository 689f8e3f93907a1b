"""/ws/sessions/{id} of a real server: what whoever follows a session sees of it."""

import contextlib
import json
import os
import random
import re
import socket
import struct
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, Running, get  # noqa: E402
from websocket import BINARY, CLOSE, TEXT, WebSocket, frame, handshake  # noqa: E402

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OBSERVER = "00-11111111111111111111111111111111-2222222222222222-01"
HELLO = {"type": "hello", "client": "anna", "sample_rate": 16000, "sources": ["mic"]}


class VoiceServer(Running):
    def __init__(self, **environment):
        anywhere = "127.0.0.1:0"
        command = (os.path.join(BIN, "voice_server"), "--listen", anywhere, "--audio", anywhere, "--udp", anywhere)
        super().__init__(*command, **environment)

    def url(self, what="metrics"):
        return self.wait_for(lambda: re.search(rf"(?m)^{what} (\S+)$", self.out()), what).group(1)

    def talk(self, query="", **headers):
        """A client whose session has begun; its id."""
        client = WebSocket(self.url("audio") + "/" + query, **headers)
        client.send_json(HELLO)
        return client, client.read_until("welcome")["session"]

    def follow(self, session, **headers):
        return WebSocket(f"{self.url().replace('http', 'ws', 1)}/ws/sessions/{session}", **headers)

    def metric(self, name):
        body = get(self.url() + "/metrics", Accept="text/plain")[2].decode()
        return float(re.search(rf"(?m)^{name} (\S+)", body).group(1))


class AudioPorts(unittest.TestCase):
    """Whatever arrives where audio is taken, the server goes on, and its memory has a bound."""

    MOST_KIB = 256 * 1024

    def garbage(self, most):
        return self.chance.randbytes(self.chance.randrange(most))

    def datagram(self):
        """Half of them look well up to a place."""
        head = struct.pack("<BBHI", 1, self.chance.randrange(8), self.chance.randrange(65536), self.chance.randrange(9999))
        return self.garbage(1500) if self.chance.random() < 0.5 else head + self.garbage(1400)

    def frames(self):
        """Bytes after a handshake, with lengths that lie, bits that are reserved and hellos cut short."""
        hello = json.dumps(HELLO | {"sample_rate": self.chance.choice([0, -1, 16000, 1 << 70, "x", None])}).encode()
        kinds = [
            frame(TEXT, hello), frame(TEXT, hello[:-9]), frame(TEXT, b"[" * 30000), frame(TEXT, self.garbage(2000)),
            frame(BINARY, struct.pack("<BBHI", 1, 0, 0, 1) + self.garbage(20000)), frame(BINARY, self.garbage(70000)),
            frame(BINARY, b"", length=(127, struct.pack("!Q", 1 << 62))), frame(TEXT, b"x", fin=False), self.garbage(500),
            frame(self.chance.randrange(16), self.garbage(200), rsv=self.chance.randrange(8)), frame(BINARY, b"x", masked=False),
        ]
        return b"".join(self.chance.choices(kinds, k=6))

    def test_garbage_neither_ends_nor_swells_the_server(self):
        self.chance = random.Random(12)
        with VoiceServer() as server:
            udp = urllib.parse.urlparse(server.url("udp"))
            audio = urllib.parse.urlparse(server.url("audio"))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(4000):
                    sender.sendto(self.datagram(), (udp.hostname, udp.port))
            for round_ in range(150):
                with contextlib.suppress(OSError), socket.create_connection((audio.hostname, audio.port), 30) as stream:
                    hello = handshake("/", audio.netloc) if round_ % 3 else b""
                    stream.sendall(hello + self.frames())
                    if round_ % 5 == 0:
                        stream.settimeout(0.2)
                        stream.recv(65536)
            talker, session = server.talk()
            with talker:
                talker.send(frame(BINARY, struct.pack("<BBHI", 1, 0, 0, 0) + bytes(640)))
                self.assertEqual(get(server.url() + "/healthz")[0], 200)
            self.assertGreater(server.metric("server_errors_total"), 0)
            with open(f"/proc/{server.process.pid}/status") as status:
                most = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))
            self.assertLess(most, self.MOST_KIB)


class Following(unittest.TestCase):
    def test_tells_each_second_until_the_session_ends(self):
        with VoiceServer() as server:
            talker, session = server.talk()
            with talker, server.follow(session) as follower, server.follow(session) as other:
                self.assertEqual(follower.status, 101)
                talker.send(frame(BINARY, struct.pack("<BBHI", 1, 0, 0, 0) + bytes(640)))
                for reader in (follower, other):
                    message = reader.read_json()
                    self.assertEqual((message["type"], message["session_id"]), ("metrics", str(session)))
                    self.assertNotIn("traceparent", message)
                    while message["bytes_received"] == 0:
                        message = reader.read_json()
                talker.socket.close()
                for reader in (follower, other):
                    end = reader.read_until("end")
                    self.assertEqual(end["session_id"], str(session))
                    self.assertGreater(end["age_seconds"], 0)
                    self.assertEqual(reader.read_message(), (CLOSE, 1000))
                self.assertEqual(get(f"{server.url()}/ws/sessions/{session}")[0], 404)

    def test_carries_the_trace_of_its_own_client_and_no_observers(self):
        with VoiceServer() as server:
            talker, session = server.talk(traceparent=TRACEPARENT)
            untraced, other = server.talk(traceparent=TRACEPARENT.upper())
            with talker, untraced:
                with server.follow(session, traceparent=OBSERVER) as first:
                    self.assertEqual([first.read_json()["traceparent"] for _ in range(2)], [TRACEPARENT] * 2)
                with server.follow(other, traceparent=OBSERVER) as second:
                    for _ in range(2):
                        self.assertNotIn("traceparent", second.read_json())
                self.assertEqual(talker.read_until("metrics")["traceparent"], TRACEPARENT)

    def test_tells_which_attempt_it_is(self):
        with VoiceServer() as server:
            for query, attempt in (("", "1"), ("?attempt_id=3", "3"), ("?attempt_id=b%20c", "b c"), ("?attempt_id=", "1")):
                talker, session = server.talk(query)
                with talker, server.follow(session) as follower:
                    message = follower.read_json()
                    self.assertEqual((message["attempt_id"], message["connection_id"]), (attempt, str(session)))

    def test_a_session_that_there_is_none_of_is_no_upgrade(self):
        with VoiceServer() as server:
            with server.follow("no%20such") as unknown:
                self.assertEqual(unknown.status, 404)
            status, headers, body = get(server.url() + "/ws/sessions/no%20such")
            self.assertEqual((status, headers["Content-Type"]), (404, "application/json"))
            error = json.loads(body)["error"]
            self.assertIn('"no such"', error["message"])
            self.assertIn("/api/sessions/live", error["remedy"])

    def test_the_end_of_one_session_leaves_the_others(self):
        with VoiceServer() as server:
            talker, session = server.talk()
            doomed, doomed_session = server.talk()
            with talker, server.follow(session) as follower, server.follow(doomed_session) as other:
                doomed.socket.close()
                other.read_until("end")
                for _ in range(2):
                    self.assertEqual(follower.read_until("metrics")["session_id"], str(session))
                server.wait_for(lambda: server.metric("kymo_session_clients") == 1, "one that follows")

    def test_a_client_may_ping_and_nothing_else(self):
        with VoiceServer() as server:
            talker, session = server.talk()
            with talker, server.follow(session) as follower:
                follower.send_json({"type": "ping", "id": 3})
                self.assertEqual(follower.read_until("pong")["id"], 3)
                follower.send_json({"type": "subscribe"})
                self.assertIn("ping", follower.read_until("error")["error"])
                follower.send(frame(TEXT, b"{") * 9)
                self.assertEqual(follower.read_to_close(), 1008)

    def test_is_served_to_no_page_of_another_origin(self):
        with VoiceServer() as server:
            talker, session = server.talk()
            with talker, server.follow(session, Origin="http://evil.example") as foreign:
                self.assertEqual(foreign.status, 403)


if __name__ == "__main__":
    unittest.main()
