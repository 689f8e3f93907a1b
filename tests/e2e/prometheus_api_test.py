"""The HTTP API of Prometheus as its real clients use it: promtool, Grafana's data source, and hostile queries."""

import json
import os
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import DEADLINE_S, PEERS, Serve, get  # noqa: E402

QUERY, RANGE = "/api/v1/query", "/api/v1/query_range"


def ask(url, path, form=None, **fields):
    """Status and JSON: of GET, or of POST with a form."""
    address = url + path + ("?" + urllib.parse.urlencode(fields, doseq=True) if fields else "")
    data = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data), timeout=DEADLINE_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = Serve("--tick-interval", "100ms", "--no-history").__enter__()
        cls.addClassCleanup(cls.serve.__exit__, None, None, None)
        cls.url = cls.serve.url()
        rate = {"query": "rate(kymo_tick_duration_seconds_count[2s]) > 0"}
        cls.serve.wait_for(lambda: ask(cls.url, QUERY, **rate)[1]["data"]["result"], "a rate")

    def promtool(self, *arguments):
        run = subprocess.run([os.path.join(PEERS, "promtool"), "query", *arguments], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr

    def test_promtool_asks_and_gets_answers(self):
        now = time.time()
        times = ("--start", str(now - 5), "--end", str(now + 1), "--step", "1s")
        for arguments, wanted in (
            (("instant", self.url, "kymo_build_info"), r'kymo_build_info\{version="[^"]+"\} => 1 @'),
            (("range", *times, self.url, "histogram_quantile(0.9, rate(kymo_tick_duration_seconds_bucket[2s]))"), r"\d @\["),
            (("series", "--match", "kymo_series", self.url), "kymo_series"),
            (("labels", self.url, "job"), "^$"),
            (("labels", self.url, "mode"), "(?m)^idle$"),
        ):
            code, text = self.promtool(*arguments)
            self.assertEqual(code, 0, text)
            self.assertRegex(text, wanted)
        code, text = self.promtool("instant", self.url, "sum((")
        self.assertNotEqual(code, 0)
        self.assertIn("bad_data", text)

    def test_the_requests_of_grafana_are_answered(self):
        now = int(time.time())
        span = {"start": str(now - 60), "end": str(now)}
        requests = (
            ("/api/v1/status/buildinfo", None, {}),
            (QUERY, {"query": "1+1", "time": str(now)}, {}),
            (RANGE, {"query": "sum by (mode) (rate(node_cpu_seconds_total[4s]))", "step": "1", **span}, {}),
            (QUERY, {"query": "kymo_build_info", "time": f"{now}.123", "timeout": "60s"}, {}),
            ("/api/v1/metadata", None, {"limit": "40000"}),
            ("/api/v1/labels", {"match[]": '{__name__="node_cpu_seconds_total"}', **span}, {}),
            ("/api/v1/labels", None, span),
            ("/api/v1/label/__name__/values", None, {"limit": "40000", **span}),
            ("/api/v1/label/mode/values", None, {"match[]": "node_cpu_seconds_total", **span}),
            ("/api/v1/series", {"match[]": "kymo_build_info", **span}, {}),
            ("/api/v1/query_exemplars", {"query": "rate(kymo_tick_duration_seconds_bucket[1m])", **span}, {}),
            ("/api/v1/rules", None, {}),
            ("/api/v1/alerts", None, {}),
        )
        for path, form, fields in requests:
            status, body = ask(self.url, path, form, **fields)
            self.assertEqual((status, body["status"]), (200, "success"), (path, body))
        (target,) = ask(self.url, "/api/v1/targets")[1]["data"]["activeTargets"]
        self.assertEqual(target["health"], "up")
        self.assertTrue(0 < target["lastScrapeDuration"] < DEADLINE_S, target)
        self.assertGreaterEqual(ask(self.url, "/api/v1/status/buildinfo")[1]["data"]["version"].split("."), ["3"])

    def test_hostile_queries_fail_and_delay_nobody(self):
        everything = '{__name__=~".+"}'
        for query, statuses in (
            ("(" * 10_000 + "1" + ")" * 10_000, (400,)),
            ("1 + " * 100_000 + "1", (400,)),
            ("x" * 10_000_000, (400, 413)),
            ('{a=~"' + "(x+x+)+y" * 1000 + '"}', (200, 400)),
            ('{a=~"((((x{1000}){1000}){1000}){1000})"}', (400,)),
            (f"max_over_time(sum_over_time({everything}[1h:1ms])[1h:1ms])", (400, 422)),
            (f"{everything} * on () group_left () {everything}", (422,)),
        ):
            try:
                status, body = ask(self.url, QUERY, {"query": query})
            except (urllib.error.URLError, ConnectionError):
                # The server closes the connection of a body that is too large, perhaps before it was sent.
                self.assertGreater(len(query), 1_000_000)
                continue
            self.assertIn(status, statuses, (query[:60], str(body)[:300]))
            self.assertEqual(get(self.url + "/healthz")[0], 200)
            self.assertEqual(get(self.url + "/metrics")[0], 200)

    def test_limits_of_queries_are_settings_and_are_counted(self):
        options = ("--query.max-series", "3", "--query.max-samples", "10", "--tick-interval", "100ms", "--no-history")
        with Serve(*options) as serve:
            url = serve.url()

            def fails(query, reason):
                status, body = ask(url, QUERY, query=query)
                counted = f'kymo_query_failures_total{{reason="{reason}"}}'
                values = dict(line.rsplit(" ", 1) for line in serve.metrics().splitlines() if line.startswith(counted))
                return status == 422 and body["errorType"] == "execution" and float(values[counted]) > 0

            serve.wait_for(lambda: fails('{__name__=~"node_.+"}', "series"), "too many series")
            serve.wait_for(lambda: fails("sum_over_time(kymo_series[1h])", "samples"), "too many samples")


if __name__ == "__main__":
    unittest.main()
