"""kymo and Prometheus 2.42 answer the same 4 000 queries over the same data, as dashboards and rules ask them.

Two numbers are equal within max(1e-9 · |x|, 1e-12 · Σ|terms|). The terms are asked for only where two numbers differ by more than 1e-9:
each query has a second one that adds magnitudes.

Prometheus 2.42 differs from Prometheus 3 in some places. So these are left out:
- Ranges and the lookback are closed on the left there. Samples are at half seconds here, and all other times at whole ones.
- Both begin a subquery at a multiple of its step; 2.42 takes one more on its left border. Queries are 7 s off each grid of 30 s here.
  Subqueries within subqueries are left out, for they evaluate on the grid.
- 2.42 orders two rules of extrapolation differently, where a count near zero begins late in a range. Counts begin at 50 000 here, and
  only those of steady series are reset to zero.
- Line breaks in labels, holt_winters, native histograms, texts of errors, annotations, and functions that 2.42 lacks.
- Marks of a series' end: promtool loads none. Gaps are longer than the lookback instead.
- Equal values in topk and bottomk: each engine chooses other series. Values of these are random doubles here.
- Faults of 2.42: atan2 with a number keeps the name; timestamp() takes both `@` and `offset` twice; predict_linear with `@` is wrong
  from the second step on.
- Buckets that are not cumulative, and results near a jump of floor, ceil and round: one bit of rounding decides there.

usage: prometheus_test.py [SEED [QUERIES]]
"""
import http.client
import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from random_queries import make_requests
from random_series import make_data, write_openmetrics, write_script

PEERS = os.environ["KYMO_PEERS"]
ANSWERS = os.path.join(os.environ["KYMO_BIN"], "promql_answers")
SEED, QUERIES = 20261130, 4000
DEADLINE_SECONDS = 60


def start_kymo(requests, directory):
    """Answers all requests meanwhile."""
    with open(f"{directory}/requests.jsonl", "w", encoding="utf-8") as file:
        for request in requests:
            file.write(json.dumps({"query": request["query"], **{key: request[key] * 1000 for key in ("start", "end", "step")}}) + "\n")
    with open(f"{directory}/requests.jsonl", "rb") as given, open(f"{directory}/answers.jsonl", "wb") as answers:
        return subprocess.Popen([ANSWERS, f"{directory}/data.test"], stdin=given, stdout=answers)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, directory):
        subprocess.run([f"{PEERS}/promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", f"{directory}/data.om",
                        f"{directory}/data"], check=True, stdout=subprocess.DEVNULL)
        with open(f"{directory}/prometheus.yml", "w", encoding="ascii") as config:
            config.write("global: {evaluation_interval: 1m}\n")
        self.port = free_port()
        with open(f"{directory}/prometheus.log", "wb") as log:
            self.process = subprocess.Popen(
                [f"{PEERS}/prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                 "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def wait(self):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "Prometheus ended"
            try:
                self.connection.request("GET", "/-/ready")
                answer = self.connection.getresponse()
                answer.read()
                if answer.status == 200:
                    return
            except OSError:
                self.connection.close()
            time.sleep(0.1)
        raise AssertionError("Prometheus was not ready in time")

    def ask(self, request, key="query"):
        asked = {"query": request[key]}
        if request["step"]:
            asked |= {name: request[name] for name in ("start", "end", "step")}
        else:
            asked["time"] = request["start"]
        path = "query_range" if request["step"] else "query"
        self.connection.request("GET", f"/api/v1/{path}?" + urllib.parse.urlencode(asked))
        answer = json.load(self.connection.getresponse())
        return answer["data"] if answer["status"] == "success" else {"error": answer["error"]}

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)


# The comparison: an answer becomes a list of (labels, [(seconds, value)]), or an error


def prometheus_answer(answer):
    if "error" in answer:
        return answer["error"]
    result = answer["result"]
    if answer["resultType"] in ("scalar", "string"):
        return [({}, [(float(result[0]), float(result[1]))])]
    return [(entry["metric"], [(float(at), float(value)) for at, value in entry.get("values", [entry.get("value")])]) for entry in result]


def kymo_answer(answer, request):
    if "error" in answer:
        return answer["error"]
    if "scalar" in answer:
        return [({}, [(float(request["start"]), float(answer["scalar"]))])]
    return [(entry["labels"], [(at / 1000, float(value)) for at, value in entry["points"]]) for entry in answer["series"]]


def by_labels(answer, with_name):
    return {frozenset(item for item in labels.items() if with_name or item[0] != "__name__"): dict(points) for labels, points in answer}


def is_near(ours, theirs):
    if math.isnan(theirs) or math.isinf(theirs):
        return math.isnan(ours) and math.isnan(theirs) or ours == theirs
    return abs(ours - theirs) <= 1e-9 * abs(theirs)


def difference(request, ours, theirs, prometheus):
    """None, or a text that names the first difference."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return None if isinstance(ours, str) and isinstance(theirs, str) else f"error of one: kymo {ours}, Prometheus {theirs}"
    mine, other = by_labels(ours, True), by_labels(theirs, True)
    if len(mine) != len(ours) or mine.keys() != other.keys():
        return f"series differ: {[dict(labels) for labels in mine.keys() ^ other.keys()]}"
    terms = None
    for labels, points in other.items():
        if mine[labels].keys() != points.keys():
            return f"times of {dict(labels)} differ: {sorted(mine[labels].keys() ^ points.keys())}"
        for at, theirs_there in points.items():
            ours_there = mine[labels][at]
            if is_near(ours_there, theirs_there):
                continue
            if terms is None:
                answer = prometheus_answer(prometheus.ask(request, "terms"))
                terms = {} if isinstance(answer, str) else by_labels(answer, False)
            nameless = frozenset(item for item in labels if item[0] != "__name__")
            scale = terms.get(nameless, {}).get(at, 0.0)
            if not abs(ours_there - theirs_there) <= 1e-12 * abs(scale):
                return f"{dict(labels)} at {at}: kymo {ours_there!r}, Prometheus {theirs_there!r}, terms {scale!r}"
    if request["query"].startswith("sort") and not request["step"] and [labels for labels, _ in ours] != [labels for labels, _ in theirs]:
        return "the order differs"
    return None


def compare(requests, directory, prometheus):
    differences, errors, empty = [], 0, 0
    with open(f"{directory}/answers.jsonl", encoding="utf-8") as answers:
        for request, line in zip(requests, answers, strict=True):
            ours = kymo_answer(json.loads(line), request)
            theirs = prometheus_answer(prometheus.ask(request))
            errors += isinstance(theirs, str)
            empty += theirs == []
            found = difference(request, ours, theirs, prometheus)
            if found:
                differences.append(f"{request['query']}\n    from {request['start']} to {request['end']} each {request['step']}: {found}")
    return differences, errors, empty


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else SEED
    count = int(sys.argv[2]) if len(sys.argv) > 2 else QUERIES
    if not os.path.exists(f"{PEERS}/prometheus"):
        sys.exit(f"{PEERS}/prometheus is not there: tools/peers brings it")
    rand = random.Random(seed)
    data, requests = make_data(rand), make_requests(rand, count)
    with tempfile.TemporaryDirectory() as directory:
        write_script(data, f"{directory}/data.test")
        write_openmetrics(data, f"{directory}/data.om")
        kymo = start_kymo(requests, directory)
        prometheus = Prometheus(directory)
        try:
            assert kymo.wait(timeout=DEADLINE_SECONDS) == 0, "promql_answers failed"
            prometheus.wait()
            differences, errors, empty = compare(requests, directory, prometheus)
        except BaseException:
            with open(f"{directory}/prometheus.log", encoding="utf-8") as log:
                print(log.read()[-2000:], file=sys.stderr)
            raise
        finally:
            kymo.kill()
            kymo.wait()
            prometheus.stop()
    print(f"{count} queries of seed {seed}, {errors} errors in both, {empty} without a result: {len(differences)} differ")
    if differences:
        sys.exit("\n".join(differences[:40]))
    # A test of errors and of nothing would say little.
    assert errors < count / 20 and empty < count / 5, "too few queries have a result"


main()
