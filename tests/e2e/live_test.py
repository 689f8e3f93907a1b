"""/ws/metrics of the real `kymo serve`: what a dashboard and a script see of it."""

import os
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import Serve, get  # noqa: E402
from websocket import BINARY, CLOSE, TEXT, LiveState, WebSocket, frame  # noqa: E402


def connect(serve, **options):
    return WebSocket(serve.url().replace("http", "ws", 1) + "/ws/metrics", **options)


def metric(serve, name):
    return float(re.search(rf"(?m)^{name} (\S+)", serve.metrics()).group(1))


class Protocol(unittest.TestCase):
    def test_says_hello_then_everything_without_being_asked(self):
        with Serve() as serve, connect(serve) as client:
            self.assertEqual(client.status, 101)
            hello = client.read_json()
            self.assertEqual((hello["type"], hello["protocol"], hello["rate_hz"]), ("hello", 1, 1))
            self.assertTrue(hello["server"].startswith("kymo/"))
            self.assertTrue(hello["instance"])
            state = LiveState()
            full = client.read_json()
            state.apply(full)
            self.assertEqual(full["type"], "full")
            self.assertIsNotNone(state.value("process_resident_memory_bytes"))
            for _ in range(3):
                message = client.read_json()
                self.assertEqual(message["type"], "delta")
                state.apply(message)

    def test_a_subscription_chooses_names_labels_and_rate(self):
        with Serve() as serve, connect(serve) as client:
            client.send_json({"type": "subscribe", "names": ["node_cpu_seconds_total"], "match": {"mode": "idle"},
                              "rate_hz": 10})
            state = LiveState()
            state.apply(client.read_until("full"))
            self.assertEqual(set(state.families.values()), {"node_cpu_seconds_total"})
            self.assertTrue(all(("mode", "idle") in labels for _, labels in state.series.values()))
            for _ in range(10):
                frame = client.read_json()
                state.apply(frame)
            # A frame's number is the time at its rate, also where the machine is too busy for some of them.
            self.assertGreater(state.seq, 5 * frame["uptime_seconds"])
            client.send_json({"type": "subscribe", "names": ["kymo_build_info"]})
            state.apply(client.read_until("full"))
            self.assertEqual(len(state.series), 1)

    def test_unsubscribed_is_quiet_and_pings_are_answered(self):
        with Serve() as serve, connect(serve) as client:
            client.read_until("hello")
            client.send_json({"type": "unsubscribe"})
            client.send_json({"type": "ping", "id": "a\"b"})
            self.assertEqual(client.read_until("pong")["id"], "a\"b")
            self.assertTrue(client.is_quiet(1.5))

    def test_goes_on_after_a_reconnection(self):
        with Serve() as serve:
            wanted = {"type": "subscribe", "names": ["kymo_ws_*"], "rate_hz": 10}
            with connect(serve) as other:
                state = LiveState()
                other.send_json(wanted)
                with connect(serve) as client:
                    client.send_json(wanted)
                    last = client.read_until("full")["seq"]
                state.apply(other.read_until("full"))
                while state.seq <= last or state.value("kymo_ws_clients") != 1:
                    state.apply(other.read_json())
            with connect(serve) as client:
                client.send_json({**wanted, "since": last})
                full = client.read_until("full")
                frames = [f["seq"] for f in full["replay"]]
                self.assertEqual(frames, sorted(set(frames)))
                self.assertGreater(frames[0], last)
                self.assertIn(state.seq, frames)
                self.assertEqual(frames[-1], full["seq"])
                known = {s["id"] for f in full["families"] for s in f["series"]}
                self.assertTrue(any(f.get("values") for f in full["replay"]))
                self.assertTrue(all(n in known for f in full["replay"] for n, _ in f.get("values", [])))


class Index(unittest.TestCase):
    def test_names_it_without_a_link(self):
        with Serve() as serve:
            page = get(serve.url() + "/api")[2].decode()
            self.assertIn("<code>/ws/metrics</code><p>", page)


class Refusals(unittest.TestCase):
    def test_bad_messages_are_explained_and_ten_end_it(self):
        with Serve() as serve, connect(serve) as client:
            client.read_until("hello")
            client.send_json({"type": "subscribe", "rate_hz": 11})
            self.assertIn("rate_hz: expected a whole number from 1 to 10", client.read_until("error")["error"])
            for _ in range(9):
                client.send(frame(TEXT, b"{"))
            self.assertEqual(client.read_to_close(), 1008)
            self.assertEqual(metric(serve, "kymo_ws_messages_refused_total"), 10)

    def test_binary_and_too_large_messages_end_it(self):
        with Serve() as serve:
            for data, code in ((frame(BINARY, b"x"), 1003), (frame(TEXT, b"x" * 65537), 1009),
                               (frame(TEXT, b"\xff"), 1007)):
                with connect(serve) as client:
                    client.read_until("hello")
                    client.send(data)
                    self.assertEqual(client.read_to_close(), code)

    def test_other_origins_and_hosts_are_refused_before_the_upgrade(self):
        with Serve() as serve:
            port = serve.url().rsplit(":", 1)[1]
            own = f"127.0.0.1:{port}"
            matrix = [
                (own, None, 101),
                (own, f"http://{own}", 101),
                (own, f"https://{own}", 101),
                (own, f"HTTP://{own}", 101),
                (f"localhost:{port}", f"http://localhost:{port}", 101),
                (own, "http://127.0.0.1:1", 403),
                (own, "http://127.0.0.1", 403),
                (own, f"http://localhost:{port}", 403),
                (own, "http://evil.example", 403),
                (own, f"http://{own}.evil.example", 403),
                (own, f"http://evil.example@{own}", 403),
                (own, f"ftp://{own}", 403),
                (own, own, 403),
                (own, "null", 403),
                ("evil.example", "http://evil.example", 421),
                ("evil.example", None, 421),
            ]
            for host, origin, status in matrix:
                with connect(serve, Host=host, Origin=origin) as client:
                    self.assertEqual(client.status, status, (host, origin))

    def test_what_is_no_handshake_is_told_so(self):
        with Serve() as serve:
            for headers, status in (({"Upgrade": None}, 426), ({"Connection": "close"}, 426),
                                    ({"Sec_WebSocket_Version": "8"}, 426), ({"Sec_WebSocket_Key": "abc"}, 400)):
                with connect(serve, **headers) as client:
                    self.assertEqual(client.status, status, headers)
            status, headers, _ = get(serve.url() + "/ws/metrics")
            self.assertEqual((status, headers["Upgrade"]), (426, "websocket"))


class Life(unittest.TestCase):
    def test_the_end_of_the_server_is_told(self):
        with Serve() as serve, connect(serve) as client:
            client.read_until("full")
            code, seconds = serve.end(signal.SIGTERM)
            self.assertEqual(code, 0)
            self.assertLess(seconds, 10)  # 1 s is what it promises; left alone, such a connection lasts 40 s
            self.assertEqual(client.read_to_close(), 1001)

    def test_clients_and_frames_are_counted(self):
        with Serve() as serve:
            with connect(serve) as client:
                client.read_until("delta")
                self.assertEqual(metric(serve, "kymo_ws_clients"), 1)
                self.assertGreaterEqual(metric(serve, "kymo_ws_frames_sent_total"), 1)
                self.assertGreaterEqual(metric(serve, "kymo_ws_frame_encode_seconds_count"), 2)
            serve.wait_for(lambda: metric(serve, "kymo_ws_clients") == 0, "the client's end")

    def test_a_client_that_was_away_gets_the_newest_state(self):
        with Serve() as serve, connect(serve, receive_buffer=4096) as client:
            client.send_json({"type": "subscribe", "rate_hz": 10})
            state = LiveState()
            state.apply(client.read_until("full"))
            has_jumped = False
            while not has_jumped or metric(serve, "kymo_ws_frames_conflated_total") == 0:
                time.sleep(4)
                for _ in range(20):  # fewer than came meanwhile: the kernels' buffers fill
                    before = state.seq
                    state.apply(client.read_json())
                    has_jumped = has_jumped or state.seq > before + 1
            self.assertEqual(metric(serve, "kymo_ws_slow_closed_total"), 0)

    def test_a_client_that_reads_nothing_delays_no_other_and_is_closed(self):
        with Serve() as serve:
            with connect(serve, receive_buffer=4096) as stuck, connect(serve) as quick:
                stuck.send_json({"type": "subscribe", "rate_hz": 10})
                quick.send_json({"type": "subscribe", "rate_hz": 10, "names": ["kymo_ws_*"]})
                state = LiveState()
                state.apply(quick.read_until("full"))
                frames = 0
                while state.value("kymo_ws_slow_closed_total") == 0:
                    state.apply(quick.read_json())
                    frames += 1
                self.assertGreater(frames, 10)  # 100 where the machine is not busy; 1 if it had waited for the other
                serve.wait_for(lambda: metric(serve, "kymo_ws_clients") == 1, "the end of the stuck one")


if __name__ == "__main__":
    unittest.main()
