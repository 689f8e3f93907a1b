"""kymo probe between network namespaces: what it measures beside what the links did, and beside ping."""

import contextlib
import json
import math
import os
import re
import statistics
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, Running, clean_environment  # noqa: E402
from network import Network, why_not  # noqa: E402

SKIPPED = 77
PATIENCE_S = 120
CAPTURE = os.path.join(os.path.dirname(__file__), "..", "support", "capture.py")
PROBES = 1000
PACE = ("--count", str(PROBES), "--interval", "5ms", "--timeout", "2s")
# Sends 40 datagrams of 500 bytes each 60 ms, 2.9 Mbit/s with their heads, until it is ended.
BURSTS = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
due = time.monotonic()
while True:
    for _ in range(40): s.sendto(bytes(500), ("10.77.1.1", 7777))
    due += 0.06
    time.sleep(max(0, due - time.monotonic()))
"""


class Probed:
    """What `kymo probe --json` told: its probes by their number, and the summary."""

    def __init__(self, text):
        lines = [json.loads(line) for line in text.splitlines()]
        self.summary = lines[-1]
        self.answered = {line["sequence"]: line for line in lines[:-1] if line["outcome"] == "answered"}


def start(*command):
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    return subprocess.Popen(command, text=True, env=clean_environment(), **pipes)


def finish(process):
    out, err = process.communicate(timeout=PATIENCE_S)
    if process.returncode != 0:
        raise AssertionError(f"{process.args} ended with {process.returncode}: {err}{out}")
    return out


@contextlib.contextmanager
def running(network, part, *command):
    with Running(*network.command(part, *command)) as process:
        yield process


@contextlib.contextmanager
def responder(network, address="10.77.2.1:9465"):
    command = (KYMO, "serve", "--listen=127.0.0.1:0", f"--probe-responder={address}")
    with running(network, "far", *command) as serve:
        serve.wait_for(lambda: "shows this host" in serve.out(), "the responder")
        yield serve


def probe_and_ping(network, *more):
    """Both at the same time: what kymo tells, and what ping does."""
    ping = start(*network.command("near", "ping", "-c", str(PROBES), "-i", "0.005", "-W", "2", Network.FAR))
    probe = start(*network.command("near", KYMO, "probe", f"udp://{Network.FAR}", *PACE, "--json", *more))
    probed = Probed(finish(probe))
    out, _ = ping.communicate(timeout=PATIENCE_S)
    return probed, out


class Taps:
    """When packets passed the links of both ends. Nothing that a program does is in these times."""

    def __init__(self, network):
        capture = ("/usr/bin/python3", CAPTURE, "link0")
        self._captures = {part: start(*network.command(part, *capture)) for part in ("near", "far")}
        for capture in self._captures.values():
            assert capture.stdout.readline() == "READY\n", capture.stderr.read()

    def stop(self):
        self.packets = {part: json.loads(finish(capture)) for part, capture in self._captures.items()}

    def echoes(self):
        """For each of kymo's numbers: when it left, arrived there, left there and arrived."""
        return self._times(17, b"kymo\x01", 8, lambda content: struct.unpack(">Q", content[24:32])[0])

    def pings(self):
        """The same for each of ping's."""
        return self._times(1, b"", 0, lambda content: struct.unpack(">H", content[6:8])[0])

    def _times(self, wanted, magic, offset, number_of):
        times = {}
        for part, ways in (("near", {"out": 0, "in": 3}), ("far", {"in": 1, "out": 2})):
            for time, direction, protocol, content in self.packets[part]:
                content = bytes.fromhex(content)
                if protocol == wanted and content[offset:].startswith(magic):
                    times.setdefault(number_of(content), {})[ways[direction]] = time
        return {number: [by[i] for i in range(4)] for number, by in times.items() if len(by) == 4}


def on_links(times):
    """The round trip in ms, without what the other end took to answer."""
    out, there, back, home = times
    return ((there - out) + (home - back)) / 1e6


class Loss(unittest.TestCase):
    def test_is_what_the_link_dropped(self):
        with Network() as network, responder(network):
            network.drop("udp dport 9465", "numgen inc mod 20 0")
            network.drop("icmp type echo-request", "numgen inc mod 20 0")
            probed, ping = probe_and_ping(network)
            (sent, dropped), (pings, pings_dropped) = network.dropped()
            told = probed.summary["loss_percent"]
            print(f"set 5 %: dropped {dropped} of {sent}, kymo {told} %, ping {ping.splitlines()[-2]}")
            self.assertEqual((sent, dropped), (PROBES, PROBES // 20))
            self.assertEqual((probed.summary["lost"] - probed.summary["late"]), dropped)
            self.assertAlmostEqual(probed.summary["loss_percent"], 5, delta=1)
            self.assertEqual((pings, pings_dropped), (PROBES, PROBES // 20))
            self.assertIn(f"{PROBES} packets transmitted, {PROBES - pings_dropped} received", ping)

    def test_is_what_chance_dropped_either_way(self):
        share = 0.1
        with Network() as network, responder(network):
            network.drop("udp dport 9465", "numgen random mod 100 < 10")
            network.drop("udp sport 9465", "numgen random mod 100 < 10")
            probed, _ = probe_and_ping(network)
            (sent, there), (back, home) = network.dropped()
            print(f"set 10 % each way: dropped {there} of {sent} and {home} of {back}, kymo {probed.summary['lost']}")
            self.assertEqual((sent, back), (PROBES, PROBES - there))
            self.assertEqual(probed.summary["lost"] - probed.summary["late"], there + home)
            # By chance, further than that from what is set it is once in two million runs.
            for passed, dropped in ((sent, there), (back, home)):
                self.assertLess(abs(dropped - share * passed), 5 * math.sqrt(passed * share * (1 - share)))


class Latency(unittest.TestCase):
    def check(self, taps, probed, ping):
        taps.stop()
        echoes = taps.echoes()
        self.assertGreaterEqual(len(echoes), PROBES * 0.99)
        both = sorted(echoes.keys() & probed.answered.keys())
        truth = {n: on_links(echoes[n]) for n in both}
        error = sorted(abs(probed.answered[n]["round_trip_ms"] - truth[n]) for n in both)
        told, mean = probed.summary["round_trip_ms"], statistics.fmean(truth.values())
        p95 = error[int(0.95 * len(error))]
        pings = [float(time) for time in re.findall(r"time=([0-9.]+) ms", ping)]
        mean_of_pings = statistics.fmean(on_links(times) for times in taps.pings().values())
        print(
            f"kymo {told['average']:.3f} ms, on the links {mean:.3f}; single probes off by "
            f"{error[len(error) // 2]:.3f} (p50), {p95:.3f} (p95), {error[-1]:.3f} (max); "
            f"ping {statistics.fmean(pings):.3f}, on the links {mean_of_pings:.3f}"
        )
        self.assertAlmostEqual(told["average"], mean, delta=1)
        self.assertAlmostEqual(told["p50"], statistics.median(truth.values()), delta=1)
        self.assertLess(p95, 1)
        # The second opinion: what the links say of ping is what ping says.
        self.assertAlmostEqual(statistics.fmean(pings), mean_of_pings, delta=1)
        self.check_ways({n: echoes[n] for n in both}, probed)
        return truth

    def check_ways(self, echoes, probed):
        for name, begin, end in (("out", 0, 1), ("back", 2, 3)):
            told = {n: probed.answered[n][f"{name}_change_ms"] for n in echoes}
            true = {n: (echoes[n][end] - echoes[n][begin]) / 1e6 for n in echoes}
            # Both count from a moment of their own. Not from one probe: if it was late, all would be off by that.
            apart = statistics.median(told[n] - true[n] for n in echoes)
            error = sorted(abs(told[n] - true[n] - apart) for n in echoes)
            self.assertLess(error[int(0.95 * len(error))], 1, f"the change of the way {name}")

    def test_is_that_of_the_links_while_a_queue_fills_and_empties(self):
        with Network() as network, responder(network):
            network.shape("near", "4mbit", "200000")
            taps = Taps(network)
            with running(network, "far", "/usr/bin/python3", "-c", BURSTS):
                probed, ping = probe_and_ping(network)
            truth = self.check(taps, probed, ping)
            self.assertGreater(max(truth.values()), 10, "a queue that adds something")
            self.assertGreater(probed.summary["back"]["rise_p95_ms"], 5, "the way that it is on")
            self.assertLess(probed.summary["out"]["rise_p95_ms"], 5, "the other one")
            self.assertGreater(probed.summary["back"]["jitter_ms"], probed.summary["out"]["jitter_ms"])

    def test_stays_true_while_the_processors_are_busy(self):
        with Network() as network, responder(network), contextlib.ExitStack() as load:
            for _ in range(2 * (os.cpu_count() or 1)):
                load.enter_context(Running("/usr/bin/python3", "-c", "while True: pass"))
            taps = Taps(network)
            probed, ping = probe_and_ping(network)
            self.check(taps, probed, ping)


class Ways(unittest.TestCase):
    def serve(self, network, address):
        ports = (f"--listen={address}:9464", f"--probe-responder={address}:9465")
        return running(network, "far", KYMO, "serve", "--insecure", *ports)

    def test_each_reaches_over_both_protocols(self):
        pace = ("--count=10", "--interval=50ms", "--timeout=20s", "--json")
        with Network() as network:
            for host in (Network.FAR, f"[{Network.FAR6}]"):
                with self.serve(network, host) as server:
                    server.wait_for(lambda server=server: "shows this host" in server.out(), "the server")
                    targets = [f"{way}://{host}" for way in ("udp", "icmp")]
                    targets += [f"tcp://{host}:9464", f"ws://{host}:9464/ws/metrics"]
                    probe = start(*network.command("near", KYMO, "probe", *targets, *pace))
                    lines = [json.loads(line) for line in finish(probe).splitlines()]
                    sums = [line for line in lines if line["type"] == "summary"]
                    self.assertEqual([(one["sent"], one["answered"]) for one in sums], [(10, 10)] * 4, host)

    def test_an_address_of_all_answers_from_the_one_asked(self):
        with Network() as network:
            run = network.execute
            run("far", "ip", "addr", "add", "10.77.2.9/32", "dev", "lo")
            run("router", "ip", "route", "add", "10.77.2.9/32", "via", "10.77.2.1")
            with responder(network, "0.0.0.0:9465"):
                command = (KYMO, "probe", "udp://10.77.2.9", "--count=5", "--interval=20ms", "--timeout=20s", "--json")
                probed = Probed(finish(start(*network.command("near", *command))))
                self.assertEqual(probed.summary["answered"], 5)

    def test_a_link_local_address_has_its_zone(self):
        with Network() as network:
            network.execute("far", "ip", "addr", "add", "fe80::77/64", "dev", "link0", "nodad")
            with responder(network, "[fe80::77%link0]:9465"):
                for zone in ("link0", "25link0"):
                    command = (KYMO, "probe", f"udp://[fe80::77%{zone}]", "--count=3", "--interval=20ms", "--timeout=20s", "--json")
                    probed = Probed(finish(start(*network.command("far", *command))))
                    self.assertEqual(probed.summary["answered"], 3)

    def test_every_address_is_that_of_both_protocols(self):
        with Network() as network, responder(network, "[::]:9465"):
            targets = (f"udp://{Network.FAR}", f"udp://[{Network.FAR6}]")
            probe = start(*network.command("near", KYMO, "probe", *targets, "--count=5", "--interval=20ms", "--timeout=20s", "--json"))
            sums = [line for line in map(json.loads, finish(probe).splitlines()) if line["type"] == "summary"]
            self.assertEqual([one["answered"] for one in sums], [5, 5])

    def test_a_responders_limit_is_told_from_a_loss(self):
        with Network() as network, responder(network):
            command = network.command("near", KYMO, "probe", f"udp://{Network.FAR}", "--count=1000", "--interval=2ms", "--timeout=20s", "--json")
            summaries = [Probed(finish(one)).summary for one in [start(*command) for _ in range(3)]]
            limited, lost = (sum(one[name] for one in summaries) for name in ("limited", "lost"))
            print(f"three probers of 500/s: {limited} limited, {lost} lost")
            self.assertLess(lost, 3000 * 0.01)

    def test_what_is_sent_to_all_has_no_answer(self):
        with Network() as network, responder(network, "0.0.0.0:9465"):
            script = """
import socket, struct
request = b"kymo" + bytes([1, 1, 0, 0]) + struct.pack(">6Q", 1, 1, 1, 0, 0, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.bind(("10.77.2.2", 0))
s.settimeout(20)
s.sendto(request, ("10.77.2.255", 9465))
s.sendto(request[:16] + struct.pack(">Q", 2) + request[24:], ("10.77.2.1", 9465))
answer, sender = s.recvfrom(2048)
print(struct.unpack(">Q", answer[16:24])[0], sender[0])
"""
            self.assertEqual(network.execute("router", "/usr/bin/python3", "-c", script), "2 10.77.2.1\n")


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"skipped: no network namespaces here: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
