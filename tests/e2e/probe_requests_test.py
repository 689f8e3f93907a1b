"""`kymo probe` against real servers on the loopback addresses: HTTP, TLS, DNS, and a responder of kymo's own."""

import contextlib
import http.server
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import Serve, eventually, free_port, get, run_kymo  # noqa: E402

PATIENT = ("--timeout", "30s")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"x" * 20_000 if self.path == "/large" else b"well"
        self.send_response({"/": 200, "/large": 200, "/busy": 503}.get(self.path, 404))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_server(context=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def certificate(names="DNS:localhost,IP:127.0.0.1", days=57):
    """The files of a certificate that signs itself, and of its key."""
    with tempfile.TemporaryDirectory(prefix="kymo-test-") as folder:
        chain, key = os.path.join(folder, "chain.pem"), os.path.join(folder, "key.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days)]
        command += ["-subj", "/CN=kymo test", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", chain]
        subprocess.run(command, check=True, capture_output=True)
        yield chain, key


def server_context(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


class DnsServer:
    """Answers each query by the first part of its name: well, missing, broken, large, silent."""

    CODES = {"well": 0, "large": 0, "missing": 3, "broken": 2}

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def target(self, name):
        return "dns://127.0.0.1:%d/%s" % (self.socket.getsockname()[1], name)

    def run(self):
        while True:
            query, sender = self.socket.recvfrom(4096)
            if not query:
                return
            kind = query[13:13 + query[12]].decode()
            if kind not in self.CODES:
                continue
            is_well = self.CODES[kind] == 0
            flags = 0x8180 | self.CODES[kind] | (0x0200 if kind == "large" else 0)
            record = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 60, 4, bytes([192, 0, 2, 7]))
            head = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if is_well else 0, 0, 0)
            self.socket.sendto(head + query[12:] + (record if is_well else b""), sender)


def probe(*arguments, **environment):
    return run_kymo("probe", *arguments, **environment)


def probe_json(*arguments, **environment):
    """Lines of probes and of summaries."""
    lines = [json.loads(line) for line in probe(*arguments, "--json", **environment).stdout.splitlines()]
    return [line for line in lines if line["type"] == "probe"], [line for line in lines if line["type"] == "summary"]


class Requests(unittest.TestCase):
    def test_http_has_steps_and_a_status(self):
        with web_server() as port:
            probes, (page, busy) = probe_json(f"http://localhost:{port}/large", f"http://127.0.0.1:{port}/busy", "--count", "2", "--interval", "10ms", *PATIENT)
            self.assertEqual({line["status"] for line in probes if "large" in line["target"]}, {200})
            for line in probes:
                phases = line["phases_ms"]
                self.assertIsNone(phases["tls"])
                self.assertLessEqual(phases["connect"] + phases["first_byte"], line["round_trip_ms"])
            self.assertEqual((page["statuses"], busy["statuses"]), ({"200": 2}, {"503": 2}))
            self.assertNotIn("mean_opinion_score", [key for key, value in page.items() if value is not None])
            text = probe(f"http://127.0.0.1:{port}/busy", "--count", "1", *PATIENT).stdout
            self.assertRegex(text, r"(?m)^\d\d:\d\d:\d\d\.\d{3}  1  http://127\.0\.0\.1:\d+/busy  [\d.]+ ms  status 503  connect [\d.]+ ms  first byte [\d.]+ ms$")
            self.assertIn("on average connect ", text)
            self.assertIn("status 503 1 time\n", text)

    def test_https_tells_of_its_certificate(self):
        with certificate() as (chain, key), web_server(server_context(chain, key)) as port:
            (line,), (summary,) = probe_json(f"https://localhost:{port}/", "--count", "1", *PATIENT, SSL_CERT_FILE=chain)
            self.assertEqual((line["status"], line["certificate"]["days_left"], line["certificate"]["trouble"]), (200, 56, None))
            self.assertGreater(line["phases_ms"]["tls"], 0)
            self.assertRegex(summary["certificate"]["ends"], r"^\d{4}-\d\d-\d\dT")
            (line,), _ = probe_json(f"tls://127.0.0.1:{port}", "--count", "1", *PATIENT)
            self.assertIn("self-signed", line["certificate"]["trouble"])
            self.assertIn("certificate ends in 56 days, and is untrusted: self-signed", probe(f"tls://127.0.0.1:{port}", "--count", "1", *PATIENT).stdout)

    def test_a_certificate_of_another_name_is_told(self):
        with certificate("DNS:other.example") as (chain, key), web_server(server_context(chain, key)) as port:
            (line,), _ = probe_json(f"https://localhost:{port}/", "--count", "1", *PATIENT, SSL_CERT_FILE=chain)
            self.assertEqual(line["status"], 200)
            self.assertIn("hostname mismatch", line["certificate"]["trouble"].lower())

    def test_what_fails_says_where(self):
        with web_server() as port:
            (line,), _ = probe_json(f"https://127.0.0.1:{port}/", "--count", "1", *PATIENT)
            self.assertEqual(line["outcome"], "lost")
            self.assertIn("no TLS", line["reason"])
        (line,), _ = probe_json(f"https://127.0.0.1:{free_port()}/", "--count", "1", *PATIENT)
        self.assertIn("connection refused", line["reason"])
        for target in (f"http://127.0.0.1:{free_port()}/", f"tls://127.0.0.1:{free_port()}"):
            found = probe(target, "--count", "1", *PATIENT)
            self.assertEqual((found.returncode, "quality" in found.stdout), (1, False), found.stdout)
            _, (summary,) = probe_json(target, "--count", "1", *PATIENT)
            self.assertIsNone(summary["quality_score"])
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            (line,), _ = probe_json("http://127.0.0.1:%d/" % silent.getsockname()[1], "--count", "1", "--timeout", "200ms")
            self.assertEqual(line["reason"], "the first byte took longer than the timeout")


class Dns(unittest.TestCase):
    def test_an_answer_has_its_code(self):
        with DnsServer() as server:
            names = ("well.example", "missing.example", "broken.example", "large.example")
            probes, _ = probe_json(*map(server.target, names), "--count", "1", *PATIENT)
            self.assertEqual(sorted((line["dns_code"], line["records"], line["truncated"]) for line in probes),
                             [("NOERROR", 1, False), ("NOERROR", 1, True), ("NXDOMAIN", 0, False), ("SERVFAIL", 0, False)])
            text = probe(server.target("missing.example?type=AAAA"), "--count", "1", *PATIENT).stdout
            self.assertRegex(text, r"ms  NXDOMAIN  0 records\n")

    def test_silence_is_a_loss(self):
        with DnsServer() as server:
            found = probe(server.target("silent.example"), "--count", "1", "--timeout", "100ms")
            self.assertEqual(found.returncode, 1)
            self.assertIn("no answer within 100 ms", found.stdout)


class Targets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kymo-test-")
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "targets.txt")

    def write(self, text):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def test_come_from_a_file(self):
        with web_server() as port, DnsServer() as dns:
            self.write(f"# of this test\n\npage=http://127.0.0.1:{port}/  # well\n{dns.target('well.example')}\n")
            probes, summaries = probe_json("--targets", self.file, f"tcp://127.0.0.1:{port}", "--count", "1", *PATIENT)
            self.assertEqual({line.get("name", "none") for line in probes}, {"page", "none"})
            self.assertEqual(len(summaries), 3)
            self.assertRegex(probes[0]["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertRegex(probe("--targets", self.file, "--count", "1", *PATIENT).stdout, r"  1  page  .*status 200")

    def test_a_wrong_line_is_named(self):
        self.write("page=http://127.0.0.1/\n\nudp://fd77::2\n")
        for command in (("probe", "--targets", self.file), ("serve", "--listen", "127.0.0.1:0", "--targets", self.file)):
            found = run_kymo(*command)
            self.assertEqual(found.returncode, 2, command)
            self.assertIn(f'{self.file}:3: "udp://fd77::2" cannot be probed: use brackets around an IPv6 address, as in [fd77::2]', found.stderr)
        self.assertIn("cannot be read", probe("--targets", self.file + "x").stderr)
        self.write("# nothing\n")
        self.assertIn("has no targets", probe("--targets", self.file).stderr)

    def test_a_file_that_changed_waits_for_a_restart(self):
        self.write("one=tcp://127.0.0.1:1\n")
        with Serve("--targets", self.file, "--probe.interval", "1s") as server:
            server.url()

            def told(text):
                server.process.send_signal(signal.SIGHUP)
                server.wait_for(lambda: text in server.err(), text)

            told("configuration reloaded")
            self.assertNotIn("targets", server.err())
            self.write("one=tcp://127.0.0.1:1\ntwo=tcp://127.0.0.1:2\n")
            told("setting=probe.targets_file")
            self.write("junk\n")
            told(self.file + ":1: ")
            self.assertEqual(server.err().count("configuration refused"), 1)
            self.assertEqual(server.err().count("configuration reloaded"), 2)

    def test_are_served_as_peers(self):
        with web_server() as port:
            self.write(f"page=http://127.0.0.1:{port}/\ntcp://127.0.0.1:{port}\n")
            with Serve("--targets", self.file, "--probe", f"other=tcp://127.0.0.1:{port}", "--probe.interval", "20ms") as server:
                def answered():
                    peers = json.loads(get(server.url() + "/api/metrics/peers")[2])["peers"]
                    return peers if len(peers) == 3 and all(peer["last_seen"] for peer in peers) else None
                peers = eventually(answered, "three peers", server.process)
                self.assertEqual({peer["peer_id"] for peer in peers}, {"page", "other", f"tcp://127.0.0.1:{port}"})
                self.assertIsNone(peers[0]["path"]["bandwidth"])
        self.write("other=udp://192.0.2.7\n")
        found = run_kymo("serve", "--listen", "127.0.0.1:0", "--targets", self.file, "--probe", "other=tcp://192.0.2.7:80")
        self.assertEqual(found.returncode, 2)
        self.assertIn('the name "other" is among the other targets too', found.stderr)


def link_local():
    """An address of this machine with its interface, such as fe80::1%eth0, that can be listened at."""
    with open("/proc/net/if_inet6", encoding="ascii") as file:
        for line in file:
            digits, _, _, scope, _, interface = line.split()
            if scope == "20":
                return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)) + "%" + interface
    return None


class Addresses(unittest.TestCase):
    def test_a_responder_of_every_address_answers_ipv4_and_ipv6(self):
        with Serve("--probe-responder=[::]:0") as server:
            server.url()
            port = int(re.search(r"probes are answered.*?\]:(\d+)", server.err()).group(1))
            found = probe(f"udp://127.0.0.1:{port}", f"udp://[::1]:{port}", "--count", "2", "--interval", "10ms", *PATIENT)
            self.assertEqual(found.returncode, 0, found.stdout)
            self.assertEqual(found.stdout.count("2 sent, 2 answered, 0 lost"), 2, found.stdout)

    def test_link_local_addresses_have_a_zone(self):
        address = link_local()
        if address is None:
            self.skipTest("this machine has no link-local address")
        with Serve(f"--probe-responder=[{address}]:0") as server:
            server.url()
            port = int(re.search(r"probes are answered.*?\]:(\d+)", server.err()).group(1))
            for zone in (address, address.replace("%", "%25")):
                found = probe(f"udp://[{zone}]:{port}", "--count", "1", *PATIENT)
                self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def test_an_interface_that_is_not_there_is_named(self):
        (line,), _ = probe_json("udp://[fe80::1%nosuch0]", "--count", "1", "--timeout", "100ms")
        self.assertEqual(line["reason"], "this machine has no interface nosuch0")
        self.assertIn("use brackets", probe("udp://fd77::2").stderr)


if __name__ == "__main__":
    unittest.main()
