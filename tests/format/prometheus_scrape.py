"""The real Prometheus scrapes both text forms, asked for as it asks, and then knows every series and value.

A small server hands out what exposition_emitter wrote: Prometheus text at /text, and at /negotiated OpenMetrics to whom asks for it.
"""
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from expectation import bits, emit, expected_samples, from_hex, number_of

PROMETHEUS = os.path.join(os.environ["KYMO_PEERS"], "prometheus")
SEED = 7
DEADLINE_SECONDS = 60
TYPES = {"prometheus": "text/plain; version=0.0.4; charset=utf-8",
         "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8"}
JOBS = {"text": "prometheus", "negotiated": "openmetrics"}  # and the format that each is expected to get


class Exporter(http.server.BaseHTTPRequestHandler):
    directory = ""
    given = set()  # (path, format)

    def do_GET(self):
        asked = self.headers.get("Accept", "")
        wants_openmetrics = "application/openmetrics-text;version=1.0.0" in asked.replace("; ", ";")
        form = "openmetrics" if self.path == "/negotiated" and wants_openmetrics else "prometheus"
        with open(f"{self.directory}/{form}.txt", "rb") as file:
            body = file.read()
        self.given.add((self.path, form))
        self.send_response(200)
        self.send_header("Content-Type", TYPES[form])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_prometheus(directory, exporter_port):
    jobs = "".join(f"""
  - job_name: {job}
    honor_labels: true
    metrics_path: /{job}
    static_configs: [{{targets: ["127.0.0.1:{exporter_port}"]}}]""" for job in JOBS)
    with open(f"{directory}/prometheus.yml", "w", encoding="ascii") as config:
        config.write(f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:{jobs}\n")
    port = free_port()
    log = open(f"{directory}/prometheus.log", "wb")
    process = subprocess.Popen(
        [PROMETHEUS, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage"], stdout=log, stderr=log)
    return process, port


def ask(port, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?{query}", timeout=10) as answer:
        return json.load(answer)["data"]


def wait_for_scrapes(process, port):
    """Until both targets were scraped; Prometheus' own words where one is refused."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "Prometheus ended"
        try:
            targets = ask(port, "targets")["activeTargets"]
        except OSError:
            targets = []
        down = [target["lastError"] for target in targets if target["health"] == "down"]
        assert not down, f"refused: {down}"
        if len(targets) == len(JOBS) and all(target["health"] == "up" for target in targets):
            return
        time.sleep(0.1)
    raise AssertionError("Prometheus scraped nothing in time")


def without_empty(labels):
    """To Prometheus a label that is empty is one that is not there."""
    return frozenset((key, value) for key, value in labels if value != "")


def read_series(port, job):
    series = {}
    for entry in ask(port, "query", query=f'{{job="{job}"}}')["result"]:
        labels = dict(entry["metric"])
        name = labels.pop("__name__")
        del labels["job"], labels["instance"]
        series[(name, frozenset(labels.items()))] = entry["value"][1]
    return series


def check_values(series, families, form):
    wanted = {}
    for family in families:
        for (name, labels), entry in expected_samples(family, form).items():
            wanted[(name, without_empty(labels))] = entry
    own = ("kymo_", "scrape_")  # the core's own families, and what Prometheus says of the scrape
    read = {key: value for key, value in series.items() if not key[0].startswith(own) and key[0] != "up"}
    assert read.keys() == wanted.keys(), f"{form}: {read.keys() ^ wanted.keys()}"
    for key, entry in wanted.items():
        if entry["value"] == "now":
            assert abs(float(read[key]) - time.time()) < 300, f"{key}: {read[key]}"
        else:
            assert bits(read[key]) == bits(number_of(entry["value"])), f"{form} {key}: {read[key]}, not {entry['value']}"
    assert series[("up", frozenset())] == "1"
    return len(wanted)


def check_metadata(port, families):
    """Units exist in OpenMetrics alone, so that knowing them shows which format was read."""
    told = {entry["metric"]: entry for entry in ask(port, "targets/metadata", match_target='{job="negotiated"}')}
    for family in families:
        entry = told[family["family"]]
        assert (entry["type"], entry["help"], entry["unit"]) == (family["type"], family["help"], family["unit"]), entry


def check_exemplars(port, families):
    wanted = {}
    for family in families:
        for (name, labels), entry in expected_samples(family, "openmetrics").items():
            if "exemplar" in entry:
                wanted[(name, without_empty(labels))] = {key: from_hex(text) for key, text in entry["exemplar"].items()}
    names = {name for name, _ in wanted}
    assert names, "the seed has no exemplars"
    for name in names:
        now = time.time()
        for entry in ask(port, "query_exemplars", query=f'{{__name__="{name}"}}', start=now - 300, end=now + 300):
            labels = {key: value for key, value in entry["seriesLabels"].items() if key not in ("__name__", "job", "instance")}
            assert entry["exemplars"][-1]["labels"] == wanted.pop((name, frozenset(labels.items())))
    assert not wanted, f"not stored: {wanted}"


def main():
    if not os.path.exists(PROMETHEUS):
        sys.exit(f"{PROMETHEUS} is not there: tools/peers brings it")
    with tempfile.TemporaryDirectory() as directory:
        families = emit(directory, SEED)
        Exporter.directory = directory
        exporter = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
        threading.Thread(target=exporter.serve_forever, daemon=True).start()
        process, port = start_prometheus(directory, exporter.server_port)
        try:
            wait_for_scrapes(process, port)
            counts = [check_values(read_series(port, job), families, form) for job, form in JOBS.items()]
            assert Exporter.given == {(f"/{job}", form) for job, form in JOBS.items()}, Exporter.given
            check_metadata(port, families)
            check_exemplars(port, families)
        except BaseException:
            with open(f"{directory}/prometheus.log", encoding="utf-8") as log:
                print(log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait(timeout=30)
            exporter.shutdown()
    print(f"Prometheus knows all of {counts[0]} samples of text and {counts[1]} of OpenMetrics")


main()
