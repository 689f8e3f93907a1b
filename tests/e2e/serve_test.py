"""`kymo serve` as its users meet it: scraped by real readers, with its port taken, under slow clients, ended."""

import contextlib
import gzip
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import (  # noqa: E402
    DEADLINE_S,
    KYMO,
    PEERS,
    PROMPT_S,
    Running,
    Serve,
    free_port,
    get,
    listening_socket,
)
from prometheus_client.openmetrics.parser import (  # noqa: E402
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text  # noqa: E402

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def peer(name):
    path = os.path.join(PEERS, name)
    if not os.path.exists(path):
        raise AssertionError(f"{path} is missing; ./test puts it there, or set KYMO_PEERS")
    return path


def samples(families):
    """Values by name and labels."""
    return {(s.name, *sorted(s.labels.items())): s.value for f in families for s in f.samples}


class Scraping(unittest.TestCase):
    def test_is_clean_and_holds_host_and_process(self):
        with Serve() as serve:
            text = serve.metrics(Accept=TEXT)
            check = subprocess.run([peer("promtool"), "check", "metrics"], input=text, text=True, capture_output=True)
            self.assertEqual((check.returncode, check.stdout, check.stderr), (0, "", ""))
            for name in (
                "node_cpu_seconds_total",
                "node_memory_",
                "node_network_receive_bytes_total",
                "process_cpu_seconds_total",
                "process_resident_memory_bytes",
                "kymo_build_info",
            ):
                self.assertRegex(text, "(?m)^" + name)
            self.assertEqual(get(serve.url() + "/readyz")[0], 200)

    def test_counters_grow_and_never_fall(self):
        with Serve("--tick-interval", "100ms") as serve:
            # Of the host, the process and kymo itself.
            grow = {"node_cpu_seconds_total", "process_cpu_seconds_total", "kymo_http_requests_total"}
            kinds = {s.name for f in parse_text(serve.metrics()) if f.type == "counter" for s in f.samples}
            self.assertLessEqual(grow, kinds)
            first = last = samples(parse_text(serve.metrics()))
            waiting = set(grow)

            def all_grew():
                nonlocal last
                now = samples(parse_text(serve.metrics()))
                for key, value in now.items():
                    if key[0] in kinds and key in last:
                        self.assertGreaterEqual(value, last[key], key)
                last = now
                waiting.difference_update({key[0] for key, value in now.items() if value > first.get(key, value)})
                return not waiting

            serve.wait_for(all_grew, f"growth of {waiting}")

    def test_both_text_forms_hold_the_same_series(self):
        with Serve("--tick-interval", "1h") as serve:
            text = samples(parse_text(serve.metrics(Accept=TEXT)))
            openmetrics = samples(parse_openmetrics(serve.metrics(Accept=OPENMETRICS)))
            hosts = {k: v for k, v in text.items() if k[0].startswith(("node_", "process_"))}
            self.assertGreater(len(hosts), 20)
            self.assertEqual(hosts, {k: v for k, v in openmetrics.items() if k in hosts})

    def test_is_compressed_for_who_asks(self):
        with Serve() as serve:
            status, headers, body = get(serve.url() + "/metrics", **{"Accept-Encoding": "gzip"})
            self.assertEqual((status, headers["Content-Encoding"]), (200, "gzip"))
            plain = gzip.decompress(body)
            self.assertLess(len(body), len(plain) / 3)
            self.assertIn(b"\nnode_cpu_seconds_total{", plain)
            self.assertIsNone(get(serve.url() + "/metrics")[1]["Content-Encoding"])

    def test_json_is_json(self):
        with Serve() as serve:
            for path in ("/api/metrics", "/api/metrics/summary", "/api/metrics/system"):
                status, headers, body = get(serve.url() + path)
                self.assertEqual(status, 200, path)
                self.assertTrue(headers["Content-Type"].startswith("application/json"))
                self.assertTrue(json.loads(body), path)


class TextOnly(BaseHTTPRequestHandler):
    """Hands a scrape on, but asks for the older text form: Prometheus itself cannot be told to."""

    target = ""

    def do_GET(self):
        status, headers, body = get(self.target + self.path, Accept=TEXT)
        self.send_response(status)
        self.send_header("Content-Type", headers["Content-Type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class RealPrometheus(unittest.TestCase):
    CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: openmetrics
    static_configs: [{{targets: ["{direct}"]}}]
  - job_name: text
    static_configs: [{{targets: ["{text}"]}}]
"""

    def start(self, directory, direct, text):
        config = os.path.join(directory, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(self.CONFIG.format(direct=direct, text=text))
        self.api = f"http://127.0.0.1:{free_port()}"
        return Running(
            peer("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={directory}/data",
            f"--web.listen-address={self.api.removeprefix('http://')}",
        )

    def query(self, expression):
        status, _, body = get(self.api + "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        if status != 200:
            return {}
        return {r["metric"].get("job"): float(r["value"][1]) for r in json.loads(body)["data"]["result"]}

    def test_scrapes_both_text_forms(self):
        directory = tempfile.mkdtemp(prefix="kymo-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        with Serve("--tick-interval", "200ms") as serve:
            proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Proxy", (TextOnly,), {"target": serve.url()}))
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            self.addCleanup(proxy.server_close)
            self.addCleanup(proxy.shutdown)
            direct = serve.url().removeprefix("http://")
            with self.start(directory, direct, "127.0.0.1:%d" % proxy.server_address[1]) as prometheus:
                both = {"openmetrics", "text"}

                def seen(expression):
                    what = f"{expression} in both forms"
                    return prometheus.wait_for(lambda: (r := self.query(expression)).keys() >= both and r, what)

                self.assertEqual(seen("up == 1"), {"openmetrics": 1, "text": 1})
                counts = seen("count by (job) (node_cpu_seconds_total)")
                self.assertEqual(counts["openmetrics"], counts["text"])
                seen("sum by (job) (rate(process_cpu_seconds_total[2s])) > 0")
                seen("sum by (job) (increase(kymo_http_requests_total[2s])) > 0")
                self.assertEqual(set(self.query("min_over_time(up[1m]) == 1")), both)


class Access(unittest.TestCase):
    TOKEN = "a-token-of-the-test-0123456789"
    CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: kymo
    authorization: {{credentials_file: "{token}"}}
    static_configs: [{{targets: ["{target}"]}}]
"""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="kymo-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.token_file = os.path.join(self.directory, "token")
        with open(self.token_file, "w", encoding="utf-8") as file:
            file.write(self.TOKEN + "\n")

    def test_only_who_brings_the_token_is_let_in(self):
        bearer = {"Authorization": "Bearer " + self.TOKEN}
        with Serve("--web.token-file", self.token_file) as serve:
            for path in ("/metrics", "/api/metrics", "/api/metrics/summary", "/ws/metrics", "/", "/nowhere"):
                self.assertEqual(get(serve.url() + path)[0], 401, path)
                self.assertEqual(get(serve.url() + path + "?token=" + self.TOKEN)[0], 401, path)
                self.assertNotEqual(get(serve.url() + path, **bearer)[0], 401, path)
            for path in ("/healthz", "/readyz", "/login"):
                self.assertEqual(get(serve.url() + path)[0], 200, path)
            self.assertIn('kymo_http_access_refused_total{reason="token"} 12', serve.metrics(Accept=TEXT, **bearer))

    def test_prometheus_brings_it(self):
        config = os.path.join(self.directory, "prometheus.yml")
        api = f"http://127.0.0.1:{free_port()}"
        with Serve("--web.token-file", self.token_file) as serve:
            with open(config, "w", encoding="utf-8") as file:
                target = serve.url().removeprefix("http://")
                file.write(self.CONFIG.format(token=self.token_file, target=target))
            with Running(
                peer("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={self.directory}/data",
                f"--web.listen-address={api.removeprefix('http://')}",
            ) as prometheus:
                query = api + "/api/v1/query?query=" + urllib.parse.quote("up{job='kymo'} == 1")
                prometheus.wait_for(lambda: b'"1"' in get(query)[2], "a scrape with the token")

    def test_an_open_address_needs_a_token_or_a_word(self):
        with Serve(listen="0.0.0.0:0") as refused:
            self.assertEqual(refused.process.wait(DEADLINE_S), 2)
            self.assertIn("web.token_file", refused.err())
        with Serve("--insecure", listen="0.0.0.0:0") as serve:
            self.assertEqual(get(serve.url() + "/metrics")[0], 200)


class Port(unittest.TestCase):
    def test_taken_is_told_and_tried_again(self):
        with listening_socket() as (holder, address), Serve(listen=address) as serve:
            serve.wait_for(lambda: address in serve.err(), "the message about the taken port")
            self.assertIn(str(os.getpid()), serve.err())  # who holds it
            holder.close()
            serve.wait_for(lambda: get(f"http://{address}/readyz")[0] == 200, "/readyz")
            self.assertEqual(serve.url(), "http://" + address)


class SlowClients(unittest.TestCase):
    def test_hold_up_neither_health_nor_scrapes_nor_the_end(self):
        with Serve("--http.header-timeout", "1m", "--http.write-timeout", "1m") as serve:
            address = urllib.parse.urlparse(serve.url())
            clients = []
            self.addCleanup(lambda: [client.close() for client in clients])
            for number in range(100):
                client = socket.create_connection((address.hostname, address.port), timeout=DEADLINE_S)
                clients.append(client)
                # Half of them never end their head, half never read what they asked for.
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + (b"" if number % 2 else b"\r\n"))
            for path in ("/healthz", "/readyz", "/metrics"):
                self.assertEqual(get(serve.url() + path)[0], 200, path)
            text = serve.metrics()
            self.assertGreaterEqual(float(re.search(r"(?m)^kymo_http_connections (\S+)", text).group(1)), 50)
            code, seconds = serve.end(signal.SIGTERM)
            self.assertEqual(code, 0)
            self.assertLess(seconds, PROMPT_S)


class FewAddresses(unittest.TestCase):
    """Under a limit on addresses (`ulimit -v`, some containers) a request may fail; the server goes on."""

    PATHS = ("/metrics", "/api/metrics", "/", "/assets/dashboard.js", "/api", "/api/openapi.json", "/healthz")

    def ask_for_everything(self, url):
        def ask():
            for path in self.PATHS:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    get(url + path)

        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()

    def test_that_suffice_for_heaps_leave_room_for_figures(self):
        for mib in (220, 300, 400):
            limit = ("prlimit", f"--as={mib * 1024 * 1024}", KYMO, "serve", "--listen", "127.0.0.1:0")
            with Running(*limit) as serve:
                url = serve.wait_for(lambda: re.search(r"(https?://\S+)/metrics", serve.out()), "its address").group(1)
                serve.wait_for(lambda: get(url + "/readyz")[0] == 200, "the first measurement")
                self.ask_for_everything(url)
                self.assertEqual(get(url + "/metrics")[0], 200, f"{mib} MiB\n{serve.err()}")

    def test_that_run_out_while_it_serves_end_no_process(self):
        with Serve() as serve:
            url, pid = serve.url(), serve.process.pid
            serve.wait_for(lambda: get(url + "/readyz")[0] == 200, "the first measurement")
            for room in (0, 16, 256, 4096):
                before = resource.prlimit(pid, resource.RLIMIT_AS)
                with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
                    size = int(statm.read().split()[0]) * resource.getpagesize()
                resource.prlimit(pid, resource.RLIMIT_AS, (size + room * 1024, before[1]))
                self.ask_for_everything(url)
                resource.prlimit(pid, resource.RLIMIT_AS, before)
                self.assertIsNone(serve.process.poll(), f"{room} KiB\n{serve.err()}")
                serve.wait_for(lambda: get(url + "/healthz")[0] == 200, "an answer when there is room again")
            self.assertEqual(serve.end()[0], 0)

    def test_that_are_few_from_the_start_end_no_process_by_a_signal(self):
        for mib in (32, 80, 112):
            limit = ("prlimit", f"--as={mib * 1024 * 1024}", KYMO, "serve", "--listen", "127.0.0.1:0")
            with Running(*limit) as serve:
                told = serve.wait_for(
                    lambda: re.search(r"(https?://\S+)/metrics|ERROR", serve.out() + serve.err()), "a word of it"
                )
                if told.group(1):
                    self.ask_for_everything(told.group(1))
                self.assertIsNone(serve.process.poll(), f"{mib} MiB\n{serve.err()}")


class HostNames(unittest.TestCase):
    def test_a_foreign_one_is_refused_everywhere(self):
        with Serve("--web.allowed-hosts", "metrics.example") as serve:
            for path in ("/", "/metrics", "/api/metrics", "/healthz"):
                self.assertEqual(get(serve.url() + path, Host="evil.example")[0], 421, path)
            self.assertEqual(get(serve.url() + "/metrics", Host="metrics.example")[0], 200)


if __name__ == "__main__":
    unittest.main()
