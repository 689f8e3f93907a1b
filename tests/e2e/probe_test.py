"""kymo probe, and what kymo serve does of its section `probe`, on this machine alone."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, Running, Serve, get, run_kymo  # noqa: E402

QUICK = ("--count", "3", "--interval", "10ms", "--timeout", "20s")


def responder_of(serve):
    found = serve.wait_for(lambda: re.search(r"probes are answered address=(\S+)", serve.err()), "the responder")
    return found.group(1)


def nobodys_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Probe(unittest.TestCase):
    def test_tells_each_probe_and_the_sum(self):
        with Serve("--probe-responder=127.0.0.1:0") as serve:
            address = responder_of(serve)
            targets = [f"udp://{address}", serve.url().replace("http", "tcp")]
            result = run_kymo("probe", *targets, "--count", "2", "--interval", "100ms", "--timeout", "20s")
            self.assertEqual(result.returncode, 0, result.stderr)
            for target in targets:
                self.assertEqual(len(re.findall(rf"(?m)^\d\d:\d\d:\d\d\.\d{{3}}  [12]  {target}  \d+\.\d{{3}} ms", result.stdout)), 2)
                self.assertRegex(result.stdout, rf"(?m)^{target}\n  2 sent, 2 answered, 0 lost \(0%\)")
            self.assertIn("back jitter", result.stdout)
            self.assertRegex(result.stdout, r"(?m)^  quality \d+ of 100, excellent(: .*)?$")
            self.assertIn("  voice R 9", result.stdout)
            self.assertIn('kymo_probe_datagrams_total{result="answered"} 2\n', serve.metrics())
            self.assertIn("kymo_probe_notices_total 0\n", serve.metrics())

    def test_tells_programs_in_json(self):
        with Serve("--probe-responder=127.0.0.1:0") as serve:
            target = f"udp://{responder_of(serve)}"
            result = run_kymo("probe", target, *QUICK, "--size", "1200", "--json")
            lines = [json.loads(line) for line in result.stdout.splitlines()]
            self.assertEqual([line["type"] for line in lines], ["probe"] * 3 + ["summary"])
            self.assertEqual([line["sequence"] for line in lines[:3]], [1, 2, 3])
            self.assertEqual(lines[0]["out_change_ms"], 0)
            for line in lines:
                self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            summary = lines[-1]
            self.assertEqual((summary["sent"], summary["answered"], summary["loss_percent"]), (3, 3, 0))
            self.assertLessEqual(summary["round_trip_ms"]["min"], summary["round_trip_ms"]["p50"])
            self.assertLessEqual(summary["round_trip_ms"]["p50"], summary["round_trip_ms"]["max"])
            self.assertGreater(summary["mean_opinion_score"], 4)

    def test_fails_where_nobody_answers(self):
        result = run_kymo("probe", f"udp://127.0.0.1:{nobodys_port()}", "--count", "1", "--timeout", "200ms")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no answer: no responder at this port", result.stdout)
        self.assertIn("1 lost (100%)", result.stdout)
        self.assertIn("quality 0 of 100, poor: no probe had an answer", result.stdout)

    def test_sums_up_when_it_is_ended(self):
        with Serve("--probe-responder=127.0.0.1:0") as serve:
            with Running(KYMO, "probe", f"udp://{responder_of(serve)}", "--interval", "100ms") as probe:
                probe.wait_for(lambda: probe.out().count("\n") > 2, "some probes")
                self.assertEqual(probe.end(signal.SIGINT)[0], 0)
                self.assertRegex(probe.out(), r"\d+ sent, \d+ answered")

    def test_says_what_is_wrong_with_its_arguments(self):
        for arguments, message in (
            ((), "a target is missing"),
            (("192.0.2.1",), "has no scheme; expected udp://HOST:PORT"),
            (("udp://192.0.2.1", "--interval", "1us"), '"1us" is no time; expected 2ms to 3600s'),
            (("udp://192.0.2.1", "--cuont", "3"), "did you mean --count?"),
            (("udp://192.0.2.1", "--count", "0"), "--count"),
            (("udp://192.0.2.1", "--size", "9000"), "--size"),
        ):
            result = run_kymo("probe", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr)
            self.assertTrue(result.stderr.startswith("kymo: probe: "), result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give up what ICMP needs")
    def test_says_what_icmp_needs_where_it_is_not_permitted(self):
        with open("/proc/sys/net/ipv4/ping_group_range", encoding="ascii") as file:
            first, last = file.read().split()
        if int(first) <= 65534 <= int(last):
            self.skipTest("net.ipv4.ping_group_range lets all send ICMP")
        result = subprocess.run(
            (KYMO, "probe", "icmp://127.0.0.1", "--count", "1"), user=65534, group=65534, extra_groups=[],
            capture_output=True, text=True, timeout=30, check=False,
        )
        self.assertEqual(result.returncode, 1)
        self.assertIn("ping_group_range", result.stderr)
        self.assertIn("cap_net_raw", result.stderr)


class ServeProbes(unittest.TestCase):
    def peer(self, serve, name):
        status, _, body = get(f"{serve.url()}/api/metrics/peers/{name}")
        return json.loads(body) if status == 200 else None

    def test_shows_what_it_probes_as_peers(self):
        with Serve("--probe-responder=127.0.0.1:0") as other:
            target = f"udp://{responder_of(other)}"
            silent = f"udp://127.0.0.1:{nobodys_port()}"
            with Serve("--probe", f"anna={target}", "--probe", f"ben={silent}", "--probe.interval=50ms") as serve:
                serve.wait_for(lambda: "latency" in json.dumps(self.peer(serve, "anna") or {}), "the peer")
                self.assertEqual(get(f"{serve.url()}/api/metrics/peers/nobody")[0], 404)
                serve.wait_for(lambda: re.search(r'(?m)^kymo_peer_\w+\{[^}]*anna', serve.metrics()), "its metrics")
                listed = json.loads(get(f"{serve.url()}/api/metrics/peers")[2])["peers"]
                self.assertEqual(sorted(peer["peer_id"] for peer in listed), ["anna", "ben"])

    def test_takes_them_from_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "kymo.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("probe:\n  responder: 127.0.0.1:0\n  targets: [self=tcp://127.0.0.1:1]\n  interval: 50ms\n")
            with Serve("--config", path) as serve:
                responder_of(serve)
                self.assertIsNotNone(self.peer(serve, "self"))
                with open(path, "a", encoding="utf-8") as file:
                    file.write("  timeout: 2s\n")
                serve.process.send_signal(signal.SIGHUP)
                serve.wait_for(lambda: "setting=probe.timeout" in serve.err(), "the word on what needs a restart")

    def test_goes_on_where_the_responders_port_is_taken(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            with Serve(f"--probe-responder=127.0.0.1:{holder.getsockname()[1]}") as serve:
                serve.wait_for(lambda: "choose another one" in serve.err(), "the reason")
                self.assertIn("kymo_", serve.metrics())

    def test_says_what_is_wrong_with_its_settings(self):
        for arguments, message in (
            (("--probe", "udp://192.0.2.1"), "has no name"),
            (("--probe", "a=udp://192.0.2.1", "--probe", "a=udp://192.0.2.2"), 'the name "a" is there twice'),
            (("--probe", "a=ftp://192.0.2.1"), "its scheme is unknown"),
            (("--probe-responder=9465",), "has no port"),
            (("--probe-responder=[fe80::1]:9465",), "needs its interface"),
            (("--probe", "a=udp://fd77::2"), "use brackets around an IPv6 address, as in [fd77::2]"),
        ):
            result = run_kymo("serve", *arguments, "--print-config")
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(message, result.stderr)
        result = run_kymo("serve", "--probe-responder", "--probe", "a=udp://192.0.2.1", "--print-config")
        self.assertIn('responder: "127.0.0.1:9465"', result.stdout)
        self.assertIn('targets: ["a=udp://192.0.2.1"]', result.stdout)


if __name__ == "__main__":
    unittest.main()
