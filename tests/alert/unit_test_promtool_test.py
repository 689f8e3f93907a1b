"""`kymo test rules` passes and fails the files of unit tests that promtool passes and fails, and names the same checks.

promtool 2.42 closes ranges and the lookback on the left; steps and samples here keep off those borders. Without
group_eval_order it evaluates groups in an order of chance.
"""
import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

KYMO = os.path.join(os.environ["KYMO_BIN"], "kymo")
PROMTOOL = os.path.join(os.environ["KYMO_PEERS"], "promtool")

RULES = """\
groups:
- name: recorded
  interval: 7s
  rules:
  - {record: 'job:up:count', expr: 'count by (job) (up == 1)', labels: {made: rule}}
  - {record: 'job:errors:rate', expr: 'sum by (job) (rate(errors_total[150s]))'}
- name: alerts
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page, was: '{{ $value }}'}
    annotations: {summary: '{{ $labels.instance }} of {{ $externalLabels.env }} is down', all: '{{ with query "count(up)" }}{{ . | first | value }}{{ end }}'}
  - alert: Errors
    expr: 'job:errors:rate > 0.05'
    keep_firing_for: 2m
  - {alert: Few, expr: 'job:up:count < 2'}
"""
OTHER_RULES = "groups:\n- name: other\n  rules:\n  - {alert: Down, expr: 'up{job=\"b\"} == 0', labels: {severity: ticket}}\n"
BROKEN = (
    "rule_files: [rules.yml]\ntests:\n- nme: x\n",
    "rule_files: [rules.yml]\ntests:\n- input_series:\n  - {series: 'up{', values: '1'}\n",
    "rule_files: [rules.yml]\ntests:\n- input_series:\n  - {series: 'up', values: '1x'}\n",
    "rule_files: [rules.yml]\nevaluation_interval: fast\n",
    "rule_files: [rules.yml]\ntests:\n- promql_expr_test:\n  - {expr: 'sum(', eval_time: 1m, exp_samples: []}\n",
    "rule_files: [bad.yml]\ntests:\n- interval: 1m\n",
    "tests: {}\n",
    "- a\n",
)
SOUND = (
    "",
    "tests: []\n",
    "rule_files: ['*les.yml']\ntests: []\n",
    "rule_files: ['x*.yml']\ntests: []\n",
    "rule_files: [rules.yml]\ntests:\n- interval: 15s\n",
    "tests:\n- promql_expr_test:\n  - {expr: '1 + 1', eval_time: 1m, exp_samples: [{labels: '{}', value: 2}]}\n",
    "tests:\n- promql_expr_test:\n  - {expr: 'vector(0) / 0', exp_samples: [{value: 1}]}\n",
)


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


class UnitTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kymo-unit-tests-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "rules.yml").write_text(RULES)
        (cls.folder / "other.yml").write_text(OTHER_RULES)
        (cls.folder / "bad.yml").write_text("groups:\n- name: g\n  rules: [{record: a, expr: 'sum('}]\n")

    def verdicts(self, text):
        path = self.folder / "tests.yml"
        path.write_text(text)
        return run(KYMO, "test", "rules", str(path)), run(PROMTOOL, "test", "rules", str(path))

    def agree(self, text):
        """Returns whether the file passed."""
        (mine, told), (theirs, said) = self.verdicts(text)
        self.assertIn(mine, (0, 1), told)
        self.assertEqual(mine == 0, theirs == 0, f"{text}\n{told}\n{said}")
        checks = r"(alertname: \w+, time: \w+|expr: \"?[^\n\"]*?\"?, time: \w+)"
        same = [sorted(set(re.sub('"', "", one) for one in re.findall(checks, output))) for output in (told, said)]
        self.assertEqual(*same, f"{text}\n{told}\n{said}")
        return mine == 0

    def test_of_files_that_are_none(self):
        for text in BROKEN:
            with self.subTest(text):
                (mine, told), (theirs, _) = self.verdicts(text)
                self.assertEqual((mine, theirs == 0), (1, False), told)
        (mine, told), _ = self.verdicts("rule_files: [none.yml]\ntests:\n- interval: 1m\n")
        self.assertEqual(mine, 1, "promtool goes on without the file")
        self.assertIn('"none.yml" cannot be read', told)
        code, told = run(KYMO, "test", "rules", "/nowhere/tests.yml")
        self.assertEqual(code, 2)
        self.assertIn("/nowhere/tests.yml", told)

    def test_of_small_files(self):
        for text in SOUND:
            with self.subTest(text):
                self.agree(text)

    def test_of_generated_files(self):
        draw = random.Random(7)
        passed = sum(self.agree(self.generated(draw)) for _ in range(80))
        self.assertTrue(8 < passed < 70, passed)

    def generated(self, draw):
        series = [f"  - {{series: 'up{{job=\"{job}\",instance=\"{instance}\"}}', values: '{self.values(draw, '01')}'}}\n"
                  for job in "ab" for instance in "xy" if draw.random() < 0.8]
        series += [f"  - {{series: 'errors_total{{job=\"{job}\"}}', values: '0+{draw.choice((0, 1, 2, 5))}x10 {draw.choice(('_', 'stale', '7'))} 3+4x8'}}\n"
                   for job in "ab"]
        checks = []
        is_easy = draw.random() < 0.4  # and so it often passes
        for _ in range(1 if is_easy else 4):
            time = draw.choice(("0", "1m") if is_easy else ("0", "1m", "2m", "3m", "4m30s", "6m", "9m"))
            alert = draw.choice(("Down", "Errors", "None") if is_easy else ("Down", "Errors", "Few", "None"))
            checks.append(f"  - {{eval_time: {time}, alertname: {alert}, exp_alerts: [{', '.join(self.expected(draw, alert))}]}}\n")
        queries = []
        for _ in range(0 if is_easy else 2):
            expr = draw.choice(("job:up:count", "count(ALERTS)", "job:errors:rate > 0", 'count(ALERTS{alertstate="firing"})', "sum(up)"))
            labels = "{}" if "(" in expr else draw.choice(('job:up:count{job="a",made="rule"}', 'job:errors:rate{job="b"}'))
            samples = "" if draw.random() < 0.3 else f"{{labels: '{labels}', value: {draw.choice((1, 2, 3))}}}"
            queries.append(f"  - {{expr: '{expr}', eval_time: {draw.choice(('1m', '3m', '5m'))}, exp_samples: [{samples}]}}\n")
        files = draw.choice(("[rules.yml]", "[rules.yml, other.yml]", "['*r*s.yml', other.yml]"))
        order = draw.choice(("recorded, alerts, other", "other, alerts, recorded"))
        return (f"rule_files: {files}\nevaluation_interval: {draw.choice(('1m', '30s'))}\ngroup_eval_order: [{order}]\ntests:\n- interval: {draw.choice(('1m', '25s'))}\n"
                f"  name: generated\n  external_labels: {{env: test}}\n  input_series:\n{''.join(series)}  alert_rule_test:\n{''.join(checks)}"
                f"  promql_expr_test:\n{''.join(queries)}")

    @staticmethod
    def values(draw, of):
        return " ".join(f"{draw.choice(of)}x{draw.randrange(6)}" for _ in range(3))

    @staticmethod
    def expected(draw, alert):
        """Often right: a test that always fails shows little."""
        if draw.random() < 0.6 or alert == "None":
            return []
        if alert == "Few":
            return [f"{{exp_labels: {{job: {draw.choice('ab')}, made: rule}}}}"]
        if alert == "Errors":
            return [f"{{exp_labels: {{job: {job}}}}}" for job in "ab" if draw.random() < 0.7]
        return [f"{{exp_labels: {{job: {draw.choice('ab')}, instance: {instance}, severity: page, was: '0'}}, "
                f"exp_annotations: {{summary: {instance} of test is down, all: '4'}}}}" for instance in "xy" if draw.random() < 0.6]


if __name__ == "__main__":
    unittest.main()
