"""Rules and alerts of `kymo serve`: files in, alerts at the API and as series, reloads, a pause, a restart."""

import json
import os
import signal
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import Serve, get, run_kymo  # noqa: E402

RULES = """
groups:
  - name: first
    interval: 1s
    labels: {team: core}
    rules:
      - record: instance:cpus:count
        expr: count(count by (cpu) (node_cpu_seconds_total))
      - alert: AlwaysThere
        expr: instance:cpus:count > 0
        for: 2s
        labels: {severity: page}
        annotations: {summary: "{{ $labels.team }} has {{ $value | printf \\"%.0f\\" }} CPUs"}
      - alert: Never
        expr: instance:cpus:count < 0
"""
BROKEN = "groups:\n  - name: g\n    rules:\n      - record: a\n        expr: sum(\n"


def ask(server, path, **fields):
    query = "?" + urllib.parse.urlencode(fields, doseq=True) if fields else ""
    status, _, body = get(server.url() + path + query)
    return status, json.loads(body)


def alerts(server):
    return ask(server, "/api/v1/alerts")[1]["data"]["alerts"]


def query(server, text):
    return ask(server, "/api/v1/query", query=text)[1]["data"]["result"]


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kymo-rules-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(self.folder, "one.yaml")
        self.write(RULES)

    def write(self, text):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def serve(self, *more, directory=""):
        pattern = os.path.join(self.folder, "*.yaml")
        history = ("--history.directory", directory) if directory else ("--no-history",)
        return Serve("--tick-interval", "200ms", "--rules.files", pattern, *history, *more)

    def wait_for_state(self, server, state):
        return server.wait_for(lambda: [a for a in alerts(server) if a["state"] == state], f"an alert that is {state}")

    def test_an_alert_is_pending_and_then_fires(self):
        with self.serve() as server:
            pending = self.wait_for_state(server, "pending")[0]
            labels = {"alertname": "AlwaysThere", "severity": "page", "team": "core"}
            self.assertEqual(pending["labels"], labels)
            self.assertEqual(query(server, 'ALERTS{alertstate="pending"}')[0]["metric"]["severity"], "page")
            firing = self.wait_for_state(server, "firing")[0]
            self.assertEqual(firing["activeAt"], pending["activeAt"])
            self.assertRegex(firing["annotations"]["summary"], r"^core has \d+ CPUs$")
            self.assertRegex(firing["value"], r"^\de\+\d\d$|^\d\.\d+e\+\d\d$")
            server.wait_for(lambda: query(server, 'ALERTS{alertstate="firing"}'), "the series of the alert")
            self.assertEqual(query(server, 'ALERTS{alertstate="pending"}'), [])
            self.assertEqual(len(query(server, "ALERTS_FOR_STATE")), 1)
            self.assertEqual(query(server, "instance:cpus:count")[0]["metric"]["team"], "core")
            self.check_filters(server)
            metrics = server.metrics()
            group = f'{{rule_group="{self.file};first"}}'
            self.assertIn(f"kymo_rule_group_rules{group} 3", metrics)
            self.assertIn(f"kymo_rule_evaluation_failures_total{group} 0", metrics)
            self.assertNotRegex(metrics, r"(?m)^ALERTS", "rules are no metrics of the process")

    def check_filters(self, server):
        def rules(**fields):
            groups = ask(server, "/api/v1/rules", **fields)[1]["data"]["groups"]
            return [(rule["type"], rule["name"]) for group in groups for rule in group["rules"]]

        record, always, never = ("recording", "instance:cpus:count"), ("alerting", "AlwaysThere"), ("alerting", "Never")
        self.assertEqual(rules(), [record, always, never])
        self.assertEqual(rules(type="record"), [record])
        self.assertEqual(rules(type="alert"), [always, never])
        self.assertEqual(rules(**{"rule_name[]": ["Never", "Else"]}), [never])
        self.assertEqual(rules(**{"match[]": '{severity="page"}'}), [always])
        self.assertEqual(rules(**{"rule_group[]": "other"}), [])
        self.assertEqual(rules(**{"file[]": self.file}), [record, always, never])
        group = ask(server, "/api/v1/rules", exclude_alerts="true")[1]["data"]["groups"][0]
        self.assertEqual([rule.get("alerts") for rule in group["rules"]], [None, [], []])
        self.assertEqual((group["file"], group["interval"], group["limit"]), (self.file, 1, 0))
        status, body = ask(server, "/api/v1/rules", type="both")
        self.assertEqual((status, body["errorType"]), (400, "bad_data"))

    def test_a_reload_takes_all_or_nothing(self):
        with self.serve() as server:
            before = self.wait_for_state(server, "firing")[0]["activeAt"]
            self.write(BROKEN)
            server.process.send_signal(signal.SIGHUP)
            fault = f"{self.file}:5:19: "
            server.wait_for(lambda: fault in server.err(), "the fault of the file")
            self.assertEqual(self.wait_for_state(server, "firing")[0]["activeAt"], before)
            self.assertIn("kymo_rule_last_reload_successful 0", server.metrics())
            self.write(RULES.replace("Never", "Other"))
            server.process.send_signal(signal.SIGHUP)
            server.wait_for(lambda: "\nkymo_rule_last_reload_successful 1\n" in server.metrics(), "the reload")
            names = [rule["name"] for rule in ask(server, "/api/v1/rules")[1]["data"]["groups"][0]["rules"]]
            self.assertEqual(names, ["instance:cpus:count", "AlwaysThere", "Other"])
            self.assertEqual(self.wait_for_state(server, "firing")[0]["activeAt"], before)

    def test_changed_files_are_taken_without_a_signal(self):
        with self.serve() as server:
            self.wait_for_state(server, "pending")
            with open(os.path.join(self.folder, "two.yaml"), "w", encoding="utf-8") as file:
                file.write("groups: [{name: second, rules: [{record: x, expr: '1'}]}]")
            server.wait_for(lambda: len(ask(server, "/api/v1/rules")[1]["data"]["groups"]) == 2, "the second group")
            self.assertIn("rules reloaded", server.err())

    def test_a_bad_file_stops_the_start(self):
        self.write(BROKEN)
        started = run_kymo("serve", "--listen", "127.0.0.1:0", "--no-history", "--rules.files", self.file)
        self.assertNotEqual(started.returncode, 0)
        self.assertIn(f"{self.file}:5:19: ", started.stderr)
        missing = run_kymo("serve", "--listen", "127.0.0.1:0", "--no-history", "--rules.files", "/not/there.yaml")
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn("/not/there.yaml cannot be read: No such file", missing.stderr)
        pipe = os.path.join(self.folder, "pipe.yaml")
        os.mkfifo(pipe)
        for path in (pipe, self.folder):
            refused = run_kymo("serve", "--listen", "127.0.0.1:0", "--no-history", "--rules.files", path)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(f"{path} is no regular file", refused.stderr)

    def test_a_pause_does_not_count_towards_for(self):
        self.write(RULES.replace("for: 2s", "for: 1h"))
        with self.serve() as server:
            before = self.wait_for_state(server, "pending")[0]["activeAt"]
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(4)  # more than three ticks and three intervals
            server.process.send_signal(signal.SIGCONT)
            server.wait_for(lambda: alerts(server)[0]["activeAt"] > before, "a later begin")
            missed = f'kymo_rule_group_iterations_missed_total{{rule_group="{self.file};first"}} '
            count = [line for line in server.metrics().splitlines() if line.startswith(missed)]
            self.assertGreaterEqual(int(count[0].rpartition(" ")[2]), 3)

    def test_states_survive_a_restart(self):
        self.write(RULES.replace("for: 2s", "for: 1h"))
        past = os.path.join(self.folder, "past")
        with self.serve(directory=past) as server:
            self.wait_for_state(server, "pending")
            found = server.wait_for(lambda: query(server, "ALERTS_FOR_STATE"), "the series of the state")
            active = float(found[0]["value"][1])
            self.assertEqual(server.end()[0], 0)
        with self.serve(directory=past) as server:
            series = f"timestamp(ALERTS_FOR_STATE) > {time.time()}"
            server.wait_for(lambda: query(server, series), "the state after the restart")
            again = float(query(server, "ALERTS_FOR_STATE")[0]["value"][1])
            self.assertLess(again - active, 30)
            self.assertLess(again, time.time() - 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
