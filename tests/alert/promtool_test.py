"""`kymo check rules` takes and refuses the rule files that promtool takes and refuses.

promtool 2.42 is older than Prometheus 3: names outside its pattern, `query_offset` and labels of groups are left out here. kymo refuses a
second document, which promtool passes over without a word, and a limit of 1.5.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

KYMO = os.path.join(os.environ["KYMO_BIN"], "kymo")
PROMTOOL = os.path.join(os.environ["KYMO_PEERS"], "promtool")

RULES = [
    "alert: A\n    expr: up == 0",
    "record: a:b\n    expr: sum(rate(x_total[5m]))",
    "record: a:b\n    expr: sum(rate(x_total[5m]))\n    for: 5m",
    "record: a:b\n    expr: sum(rate(x_total[5m]))\n    for: 0s",
    "record: a:b\n    expr: up\n    annotations: {summary: s}",
    "record: a:b\n    expr: up\n    annotations: {}",
    "record: a:b\n    expr: up\n    keep_firing_for: 5m",
    "record: a b{}\n    expr: up",
    "record: x7\n    expr: 7",
    "alert: A\n    expr: 1",
    "alert: A\n    expr: true",
    "alert: A\n    expr:",
    "alert: A",
    "expr: up",
    "alert: ''\n    expr: up",
    "alert: A\n    record: B\n    expr: up",
    "alert: A\n    expr: up ==",
    "alert: A\n    expr: rat(x[5m])",
    "alert: A\n    expr: up\n    for: 5",
    "alert: A\n    expr: up\n    for: 0",
    "alert: A\n    expr: up\n    for: 1h30m",
    "alert: A\n    expr: up\n    for: 30m1h",
    "alert: A\n    expr: up\n    for: 1y2w3d",
    "alert: A\n    expr: up\n    for: -5m",
    "alert: A\n    expr: up\n    for: ''",
    "alert: A\n    expr: up\n    For: 5m",
    "alert: A\n    expr: up\n    labels: {a: b}",
    "alert: A\n    expr: up\n    labels: {a: 1}",
    "alert: A\n    expr: up\n    labels: {a: true}",
    "alert: A\n    expr: up\n    labels: {a: }",
    "alert: A\n    expr: up\n    labels: {__name__: b}",
    "alert: A\n    expr: up\n    labels: {a: b, a: c}",
    "alert: A\n    expr: up\n    labels: [a]",
    "alert: A\n    expr: up\n    labels: {a: [b]}",
    "alert: A\n    expr: up\n    labels:",
    "alert: A\n    expr: up\n    annotations: {summary: 'text'}",
    "alert: A\n    expr: up\n    expr: down",
    "alert: A\n    expr: |\n      up\n      == 0",
    "alert: A\n    expr: >-\n      up\n      == 0",
    "alert: A\n    expr: [up]",
    "alert: A\n    expr: up\n    surprise: 1",
]
FILES = [
    "", "# nothing\n", "groups:\n", "groups: []\n", "groups: {}\n", "groups: 1\n", "group: []\n", "- a\n", "a\n", "groups: [\n", "{}\n", "null\n",
    "groups:\n- name: a\n", "groups:\n- rules: []\n", "groups:\n- name: ''\n", "groups:\n- name: a\n- name: a\n",
    "groups:\n- name: a\n- name: b\n", "groups:\n- name: 1\n", "groups:\n- name: a\n  interval: 1m\n", "groups:\n- name: a\n  interval: 0s\n",
    "groups:\n- name: a\n  interval: soon\n", "groups:\n- name: a\n  interval: 60\n", "groups:\n- name: a\n  limit: 5\n",
    "groups:\n- name: a\n  limit: five\n", "groups:\n- name: a\n  limit: -1\n",
    "groups:\n- name: a\n  rules:\n", "groups:\n- name: a\n  rules: {}\n", "groups:\n- name: a\n  rules: [1]\n",
    "groups:\n- name: a\n  name: b\n", "groups:\n- name: a\n  partial: yes\n", "groups:\n- 1\n", "groups: []\ngroups: []\n",
    "groups:\n\t- name: a\n", "groups: &g\n- name: a\n", "x: &x a\ngroups: []\n",
]


def verdict(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stdout + result.stderr


class CheckRules(unittest.TestCase):
    def agree(self, text):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "rules.yml")
            path.write_text(text, encoding="utf-8")
            theirs, said = verdict(PROMTOOL, "check", "rules", path)
            ours, told = verdict(KYMO, "check", "rules", path)
        self.assertEqual(ours == 0, theirs == 0, f"\n{text}\npromtool: {said}\nkymo: {told}")
        self.assertIn(ours, (0, 1), told)
        if ours:
            self.assertRegex(told, r"rules\.yml:\d+:\d+: .+; ")

    def test_of_files(self):
        for text in FILES:
            with self.subTest(text):
                self.agree(text)

    def test_of_rules(self):
        for rule in RULES:
            with self.subTest(rule):
                self.agree(f"groups:\n- name: g\n  rules:\n  - {rule}\n")

    def test_a_file_that_cannot_be_read_is_named(self):
        code, told = verdict(KYMO, "check", "rules", "/nowhere/rules.yml")
        self.assertEqual(code, 1)
        self.assertIn("/nowhere/rules.yml", told)
        self.assertEqual(verdict(KYMO, "check", "silences", "x")[0], 2)


if __name__ == "__main__":
    unittest.main()
