"""The voice example as it runs: a real server, real clients, and what goes wrong with them."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(__file__)
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "support")]
from kymo_process import BIN, PEERS, PROMPT_S, Running, get, listening_socket  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families as parse_text  # noqa: E402
from websocket import BINARY, CLOSE, TEXT, WebSocket  # noqa: E402

ANYWHERE = "127.0.0.1:0"
PROMTOOL = os.path.join(PEERS, "promtool")
HELLO = {"type": "hello", "client": "anna", "sample_rate": 16000, "sources": ["mic"]}


def audio(sequence, source=0, samples=320):
    """A frame of silence."""
    return struct.pack("<BBHI", 1, source, 0, sequence) + bytes(2 * samples)


class Program(Running):
    """One of the example's programs; it tells its addresses one a line."""

    def __init__(self, name, *arguments, **environment):
        super().__init__(os.path.join(BIN, name), "--listen", ANYWHERE, *arguments, **environment)

    def address(self, what):
        return self.wait_for(lambda: re.search(rf"(?m)^{what} (\S+)$", self.out()), what).group(1)

    def metrics(self):
        status, _, body = get(self.address("metrics") + "/metrics", Accept="text/plain; version=0.0.4")
        assert status == 200, status
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in parse_text(body.decode())
            for sample in family.samples
        }

    def value(self, name, **labels):
        return self.metrics().get((name, *sorted(labels.items())), 0)

    def wait_for_value(self, at_least, name, **labels):
        return self.wait_for(lambda: self.value(name, **labels) >= at_least, f"{name}{labels} >= {at_least}")

    def json(self, path):
        status, _, body = get(self.address("metrics") + path)
        assert status == 200, (path, status)
        return json.loads(body)


class Server(Program):
    def __init__(self, *arguments):
        super().__init__("voice_server", "--audio", ANYWHERE, "--udp", ANYWHERE, *arguments)

    def connect(self):
        return WebSocket(self.address("audio"))

    def refused(self, kind):
        return self.value("errors_event_processing_by_error_total", error_type=kind)


class VoiceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cache = tempfile.mkdtemp(prefix="kymo-voice-test-")
        cls.addClassCleanup(shutil.rmtree, cls.cache, ignore_errors=True)

    def clients(self, server, *arguments):
        return Program(
            "voice_client",
            *("--connect", server.address("audio")),
            *("--udp", server.address("udp").removeprefix("udp://")),
            *("--cache", self.cache),
            *arguments,
        )


class Crowds(VoiceTest):
    def test_counts_grow_and_all_sections_of_the_summary_are_there(self):
        with Server() as server, self.clients(server, "--clients", "4", "--udp-clients", "2", "--loss", "0.05") as crowd:
            for name in ("events_processed_total", "udp_packet_received_total", "websocket_broadcast_success_total"):
                first = server.value(name)
                server.wait_for_value(first + 1, name)
            for source in ("mic", "speaker", "udp"):
                server.wait_for_value(1, "voice_audio_duration_seconds_total", source=source)
                server.wait_for_value(0.2, "voice_speech_duration_seconds_total", source=source)
            for stage in ("resample", "level", "vad", "pitch"):
                server.wait_for_value(1, "voice_chunk_duration_seconds_count", stage=stage)
            server.wait_for_value(1, "udp_sequence_gap_total")
            server.wait_for_value(1, "udp_packet_dropped")
            crowd.wait_for_value(10, "voice_client_round_trip_seconds_count")
            for program in (server, crowd):
                text = get(program.address("metrics") + "/metrics", Accept="text/plain; version=0.0.4")[2]
                check = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True)
                self.assertEqual((check.returncode, check.stdout, check.stderr), (0, b"", b""))

            summary = server.json("/api/metrics/summary")
            self.assertGreater(summary["event_processing"]["total_processed"], 0)
            self.assertGreater(summary["event_processing"]["latency_ms"]["p99"], 0)
            self.assertGreater(summary["udp_listener"]["packets_received"], 0)
            self.assertEqual(summary["websocket"]["clients_connected"], 4)
            self.assertGreater(summary["websocket"]["broadcasts_sent"], 0)
            self.assertGreater(summary["cache"]["hit_rate_percent"], 0)
            self.assertIn("errors", summary)
            vital = server.json("/api/metrics/server")
            self.assertEqual(vital["active_connections"], 4)
            self.assertGreater(vital["total_requests"], 4)

    def test_a_client_that_is_killed_leaves_and_the_others_stay(self):
        with Server() as server, self.clients(server, "--clients", "2", "--udp-clients", "0", "--churn", "0"):
            server.wait_for_value(2, "websocket_clients")
            with self.clients(server, "--clients", "3", "--udp-clients", "0") as doomed:
                server.wait_for_value(5, "websocket_clients")
                doomed.end(signal.SIGKILL)
            server.wait_for(lambda: server.value("websocket_clients") == 2, "two clients left")
            events = server.value("events_processed_total")
            server.wait_for_value(events + 10, "events_processed_total")
            self.assertEqual(server.value("voice_sessions_active"), 2)

    def test_clients_leave_and_come_back(self):
        with Server() as server, self.clients(server, "--clients", "4", "--udp-clients", "0", "--churn", "60"):
            server.wait_for_value(12, "voice_sessions_total")

    def test_a_crowd_ends_by_itself_and_tells_what_it_did(self):
        with Server() as server, self.clients(server, "--clients", "2", "--duration", "1.5", "--churn", "0") as crowd:
            self.assertEqual(crowd.process.wait(30), 0)
            told = dict(line.split() for line in crowd.out().splitlines() if len(line.split()) == 2)
            self.assertEqual(told["visits"], "2")
            self.assertGreater(int(told["reports"]), 0)
            self.assertEqual(told["errors"], "0")

    def test_a_crowd_without_a_server_says_so(self):
        with listening_socket() as (holder, address):
            holder.close()
            with Program("voice_client", "--connect", "ws://" + address, "--duration", "0.5", "--cache", self.cache) as lonely:
                self.assertEqual(lonely.process.wait(30), 1)
                self.assertIn(address, lonely.err())


class Sessions(VoiceTest):
    def test_a_client_is_told_of_its_session_each_second(self):
        with Server() as server, server.connect() as client, server.connect() as other:
            other.send_json({**HELLO, "sources": ["speaker"]})
            other.receive_json("welcome")
            client.send_json({**HELLO, "sources": ["mic", "speaker"]})
            session = str(client.receive_json("welcome")["session"])
            frames = 40
            for i in range(frames):
                client.send(BINARY, audio(i))
            mic, speaker = [], []
            while len(mic) < 4 or mic[-1]["chunks_processed"] + mic[-1]["dropped_total"] < frames:
                mic.append(client.receive_json("metrics"))
                speaker.append(client.receive_json("metrics"))
            self.assertEqual({message["source"] for message in mic}, {"mic"})
            self.assertEqual({message["source"] for message in speaker}, {"speaker"})
            for message in mic + speaker:
                self.assertEqual((message["session_id"], message["queue_max"]), (session, 50))
                self.assertIn(message["degrade"]["level"], ("NORMAL", "WARNING", "DEGRADE", "EMERGENCY"))
                self.assertEqual(message["errors"], 0)
                self.assertLessEqual(message["queue_fill_ratio"], 1)
            times = [message["timestamp"] for message in mic]
            self.assertEqual(times, sorted(set(times)))
            last = mic[-1]
            self.assertEqual(last["bytes_received"], frames * 640)
            self.assertEqual((last["queue_depth"], last["queue_bytes"], last["backlog_seconds"]), (0, 0, 0))
            self.assertGreater(last["inference_ms_mean"], 0)
            self.assertGreater(last["realtime_factor"], 0)
            self.assertEqual((speaker[-1]["chunks_processed"], speaker[-1]["realtime_factor"]), (0, None))

            live = server.json("/api/sessions/live?top=1&by=chunks_processed")
            self.assertEqual(live["sessions"], 2)
            self.assertEqual(live["sums"]["chunks_processed"], last["chunks_processed"])
            self.assertEqual([listed["session_id"] for listed in live["top"]], [session])
            self.assertEqual(server.value("active_sessions"), 2)
            self.assertEqual(server.value("asr_chunks_processed_total"), last["chunks_processed"])
            status, _, body = get(server.address("metrics") + "/api/sessions/live?by=colour")
            self.assertEqual(status, 400)
            self.assertIn("realtime_factor", json.loads(body)["error"]["remedy"])

    def test_a_session_that_is_over_at_once_leaves_its_counts(self):
        with Server() as server:
            with server.connect() as client:
                client.send_json(HELLO)
                client.receive_json("welcome")
                client.send(BINARY, audio(0))
            server.wait_for_value(1, "asr_chunks_processed_total")
            server.wait_for_value(1, "ws_disconnects_total")
            self.assertEqual(server.value("audio_bytes_received_total"), 640)
            self.assertEqual(server.json("/api/sessions/live")["sessions"], 0)


class BadClients(VoiceTest):
    def setUp(self):
        self.server = self.enterContext(Server())

    def greet(self):
        client = self.enterContext(self.server.connect())
        client.send_json(HELLO)
        self.assertEqual(client.receive_json("welcome")["frame_ms"], 20)
        return client

    def hears(self, client, sequence):
        """The session goes on: audio is still reported."""
        for i in range(5):
            client.send(BINARY, audio(sequence + i))
        self.assertEqual(client.receive_json("report")["source"], "mic")

    def test_each_kind_of_error_is_answered_and_counted_and_the_session_goes_on(self):
        client = self.greet()
        wrong = [
            ("bad_frame", BINARY, b""),
            ("bad_frame", BINARY, b"\x01\x00\x00"),
            ("bad_frame", BINARY, os.urandom(40).replace(b"\x01", b"\x00")),
            ("bad_frame", BINARY, audio(1)[:-1]),
            ("unknown_source", BINARY, audio(1, source=1)),
            ("unknown_source", BINARY, audio(1, source=9)),
            ("oversize", BINARY, audio(1, samples=4801)),
            ("protocol", TEXT, b"{"),
            ("protocol", TEXT, b"[" * 4000),
            ("protocol", TEXT, json.dumps(HELLO).encode()),
        ]
        for kind, opcode, payload in wrong:
            before = self.server.refused(kind)
            client.send(opcode, payload)
            self.assertEqual(client.receive_json("error")["error"], kind, payload[:20])
            self.assertEqual(self.server.refused(kind), before + 1)
        self.hears(client, 0)

    def test_a_message_that_is_far_too_long_ends_only_its_own_connection(self):
        other = self.greet()
        client = self.greet()
        client.send(BINARY, bytes(100_000))
        kind, payload = client.receive()
        while kind != CLOSE:
            kind, payload = client.receive()
        self.assertEqual(struct.unpack(">H", payload[:2])[0], 1009)
        self.assertEqual(self.server.refused("oversize"), 1)
        self.hears(other, 0)

    def test_half_frames_and_cut_connections_hurt_nobody(self):
        other = self.greet()
        whole = WebSocket.frame(BINARY, audio(0))
        for cut in (1, 5, 9, len(whole) // 2):
            client = self.greet()
            client.socket.sendall(whole[:cut])
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset
            client.close()
        half_greeted = self.server.address("audio").removeprefix("ws://").split(":")
        with socket.create_connection(half_greeted) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgr")
        with socket.create_connection(half_greeted) as stranger:
            stranger.sendall(os.urandom(2000))
        self.hears(other, 0)
        self.server.wait_for(lambda: self.server.value("websocket_clients") == 1, "one client left")

    def test_goodbye_is_answered_and_closed(self):
        client = self.greet()
        client.send(BINARY, audio(0))
        client.send_json({"type": "bye"})
        self.assertEqual(client.receive_json("farewell")["frames"], 1)
        kind, payload = client.receive()
        self.assertEqual((kind, struct.unpack(">H", payload[:2])[0]), (CLOSE, 1000))

    def test_a_client_that_never_reads_loses_messages_and_nothing_else(self):
        deaf = self.enterContext(self.server.connect())
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wrong_frames = WebSocket.frame(BINARY, b"") * 1000

        def drops_replies():
            deaf.socket.sendall(wrong_frames)
            return self.server.value("voice_replies_dropped_total") > 0

        self.server.wait_for(drops_replies, "replies that are dropped")
        self.hears(self.greet(), 0)

    def test_garbage_datagrams_are_counted(self):
        host, port = self.server.address("udp").removeprefix("udp://").split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for payload in (b"", b"x", bytes(5000), struct.pack("<BBHI", 1, 9, 0, 0) + bytes(4)):
                sender.sendto(payload, (host, int(port)))
            sender.sendto(struct.pack("<BBHI", 1, 1, 0, 0) + bytes(20_000), (host, int(port)))
        self.server.wait_for_value(4, "errors_event_processing_by_error_total", error_type="bad_frame")
        self.server.wait_for_value(1, "errors_event_processing_by_error_total", error_type="oversize")

    def test_one_udp_sender_leaves_streams_to_others(self):
        host, port = self.server.address("udp").removeprefix("udp://").split(":")
        for address, streams in (("127.0.0.1", 100), ("127.0.0.2", 3)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((address, 0))
                for stream in range(streams):
                    sender.sendto(struct.pack("<BBHI", 1, 1, 0, stream) + bytes(2), (host, int(port)))
        self.server.wait_for_value(8 + 3, "udp_packet_received_total")
        self.server.wait_for_value(92, "errors_event_processing_by_error_total", error_type="too_many_streams")

    def test_sequence_gaps_are_told_exactly(self):
        host, port = self.server.address("udp").removeprefix("udp://").split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for sequence in (65530, 65531, 65534, *range(65535, 65536), *range(0, 10)):
                sender.sendto(struct.pack("<BBHI", 1, 1, sequence, 7) + bytes(640), (host, int(port)))
        self.server.wait_for_value(14, "udp_packet_received_total")
        self.assertEqual(self.server.value("udp_packet_dropped"), 2)
        self.assertEqual(self.server.value("udp_sequence_gap_total"), 1)


class Ending(VoiceTest):
    def test_both_end_in_time_with_everyone_connected(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with Server() as server, self.clients(server, "--clients", "4") as crowd:
                server.wait_for_value(4, "websocket_clients")
                code, seconds = server.end(how)
                self.assertEqual(code, 0)
                self.assertLess(seconds, PROMPT_S)
                code, seconds = crowd.end(how)
                self.assertEqual(code, 0, crowd.err())
                self.assertLess(seconds, PROMPT_S)

    def test_a_client_that_does_not_answer_the_close_holds_nothing_up(self):
        with Server() as server, server.connect() as client:
            client.send_json(HELLO)
            client.receive_json("welcome")
            code, seconds = server.end()
            self.assertEqual(code, 0)
            self.assertLess(seconds, PROMPT_S)
            kind, payload = client.receive()
            while kind != CLOSE:
                kind, payload = client.receive()
            self.assertEqual(struct.unpack(">H", payload[:2])[0], 1001)


class Ports(VoiceTest):
    def test_a_taken_audio_port_is_an_error_that_names_it(self):
        with listening_socket() as (_, address):
            with Program("voice_server", "--audio", address, "--udp", ANYWHERE) as server:
                self.assertEqual(server.process.wait(30), 1)
                for part in ("voice_server", "WebSocket audio", address, "--audio"):
                    self.assertIn(part, server.err())

    def test_a_taken_udp_port_is_an_error_that_names_it(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % holder.getsockname()[1]
            with Program("voice_server", "--audio", ANYWHERE, "--udp", address) as server:
                self.assertEqual(server.process.wait(30), 1)
                for part in ("UDP audio", address, "--udp"):
                    self.assertIn(part, server.err())

    def test_a_taken_port_of_the_metrics_is_told_and_the_server_serves_on(self):
        with listening_socket() as (_, address):
            command = (os.path.join(BIN, "voice_server"), "--listen", address, "--audio", ANYWHERE, "--udp", ANYWHERE)
            with Running(*command) as server:
                audio_url = server.wait_for(lambda: re.search(r"audio (\S+)", server.out()), "the address").group(1)
                server.wait_for(lambda: address in server.err(), "the message about the taken port")
                with WebSocket(audio_url) as client:
                    client.send_json(HELLO)
                    client.receive_json("welcome")
                self.assertEqual(server.end()[0], 0)


if __name__ == "__main__":
    unittest.main()
