"""Peers and sessions as a program of a user's serves them: metrics, live frames, and what a kill leaves."""

import json
import os
import re
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import BIN, Running, get  # noqa: E402
from websocket import WebSocket  # noqa: E402


class PeerServer(Running):
    def __init__(self, file):
        super().__init__(os.path.join(BIN, "peer_server"), file)

    def url(self):
        return self.wait_for(lambda: re.search(r"(?m)^metrics (\S+)$", self.out()), "the address").group(1)

    def json(self, path):
        status, _, body = get(self.url() + path)
        if status != 200:
            raise AssertionError(f"{path} gave {status}: {body!r}")
        return json.loads(body.decode("utf-8"))


class Peers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kymo-test-")
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "sessions.jsonl")

    def test_are_served_whatever_they_are_called(self):
        with PeerServer(self.file) as server:
            peers = server.json("/api/metrics/peers")["peers"]
            self.assertEqual([peer["peer_id"] for peer in peers], ["anna", "ben/1", "never probed", "\ufffd\"<script>\n"])
            anna, ben, never, _ = peers
            self.assertEqual((anna["status"], anna["rtt_ms"]["p95"], anna["packet_loss_percent"]), ("connected", 19, 0))
            self.assertEqual((ben["status"], ben["packet_loss_percent"], ben["quality_label"]), ("degraded", 50, "poor"))
            self.assertEqual((never["jitter_ms"], never["packet_loss_percent"], never["path"], never["voice"]), (None,) * 4)
            network = server.json("/api/metrics/network")
            self.assertEqual((network["peers"], network["degraded"]), (4, 1))
            self.assertEqual(get(server.url() + "/api/metrics/peers/nobody")[0], 404)

    def test_are_metrics_in_every_output(self):
        with PeerServer(self.file) as server:
            text = get(server.url() + "/metrics")[2].decode()
            self.assertIn('kymo_peer_packet_loss_ratio{peer="ben/1"} 0.5\n', text)
            self.assertIn('kymo_peer_probes_total{peer="anna",result="answered"} 20\n', text)
            gauges = server.json("/api/metrics")["metrics"]["gauges"]
            self.assertTrue(any(key.startswith("kymo_peer_mos") and "anna" in key for key in gauges), list(gauges))
            with WebSocket(server.url().replace("http", "ws", 1) + "/ws/metrics") as client:
                client.send_json({"type": "subscribe", "names": ["kymo_peer_up"]})
                self.assertIn("anna", json.dumps(client.read_until("full")))

    def test_sessions_outlive_a_kill(self):
        with PeerServer(self.file) as server:
            before = server.json("/api/metrics/sessions")["sessions"]
            self.assertEqual([session["name"] for session in before], ["goes on", "over"])
            self.assertEqual([session["end_time"] is None for session in before], [True, False])
            self.assertEqual(before[0]["latency_ms"]["max"], 250)
            server.end(signal.SIGKILL)
        with open(self.file, "ab") as file:
            file.write(b'{"session_id": "half a l')
        with PeerServer(self.file) as server:
            after = server.json("/api/metrics/sessions")["sessions"]
            self.assertEqual([session["session_id"] for session in after[2:]], [session["session_id"] for session in before])
            self.assertEqual([session["interrupted"] for session in after], [False, False, True, False])
            self.assertEqual(after[3], before[1])
            self.assertIsNotNone(after[2]["end_time"])
            self.assertIn("sessions.jsonl:3: left out: it has no checksum", server.err())
            self.assertIn("it is kept as sessions.jsonl.unread-1", server.err())


if __name__ == "__main__":
    unittest.main()
