"""`kymo check rules` takes and refuses the rule files that promtool takes and refuses.

promtool 2.42 is older than Prometheus 3: names outside its pattern, `query_offset` and labels of groups are left out here. kymo refuses a
second document, which promtool passes over without a word, and a limit of 1.5.
"""
import json
import os
import pathlib
import random
import re
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

# Templates of labels and annotations, good and bad.
TEMPLATES = """
{{ $value }}
{{ .Value }}
{{ .None }}
{{ $labels.job }}
{{ $externalLabels.x }}{{ $externalURL }}
{{ $none }}
{{ none }}
{{ humanize $value }}
{{ humanise $value }}
{{ $value | humanize | printf "%s" }}
{{ $value | }}
{{ | humanize }}
{{ }}
{{}}
{{ $value
$value }}
{{ "open }}
{{ `open }}
{{ 'a' }}
{{ 'ab' }}
{{ 'é' }}
{{ '' }}
{{ "\\q" }}
{{ "\\x41\\u0041\\101" }}
{{ 1 }}{{ -1 }}{{ 1.5e3 }}{{ 0x1F }}{{ 0b1 }}{{ 0o7 }}{{ 1_0 }}{{ 1i }}{{ 1+2i }}{{ .5 }}
{{ 1x }}
{{ 08 }}
{{ 0x }}
{{ 1__0 }}
{{ 1_ }}
{{ 99999999999999999999 }}
{{ 18446744073709551615 }}
{{ 1e999 }}
{{ 1+2 }}
{{ true }}{{ false }}{{ nil }}
{{ True }}
{{ (1) }}
{{ (1 }}
{{ 1) }}
{{ () }}
{{ (query "x" | first).Value }}
{{ first.Value }}
{{ "a".b }}
{{ 1.b }}
{{ ..a }}
{{ .a.b.c }}
{{ $labels.a.b }}
{{ $.Labels.a }}
{{ $ }}{{ . }}
{{ .a-b }}
{{ .é }}
{{ $x := 1 }}{{ $x }}
{{ $x = 1 }}
{{ $x }}{{ $x := 1 }}
{{ $x, $y := 1 }}
{{ $x : 1 }}
{{ if 1 }}a{{ end }}
{{ if }}a{{ end }}
{{ if 1 }}a
{{ end }}
{{ else }}
{{ if 1 }}{{ else }}{{ else }}{{ end }}
{{ if 1 }}{{ else if 2 }}{{ else }}{{ end }}
{{ if 1 }}{{ else range 2 }}{{ end }}
{{ if $x := 1 }}{{ $x }}{{ end }}
{{ if $x := 1 }}{{ end }}{{ $x }}
{{ range . }}{{ break }}{{ continue }}{{ end }}
{{ break }}
{{ if 1 }}{{ continue }}{{ end }}
{{ range . }}{{ else }}{{ break }}{{ end }}
{{ range $i, $e := . }}{{ $i }}{{ $e }}{{ end }}
{{ range $i, $e, $f := . }}{{ end }}
{{ range $e := . }}{{ end }}{{ $e }}
{{ range $i, 5 := . }}{{ end }}
{{ range }}{{ end }}
{{ with $x := 1 }}{{ $x }}{{ else }}b{{ end }}
{{ with }}{{ end }}
{{ define "a" }}b{{ end }}{{ template "a" }}{{ template "a" . }}
{{ define "a" }}b{{ end }}{{ define "a" }}c{{ end }}
{{ define "a" }} {{ end }}{{ define "a" }}c{{ end }}
{{ define "a" }}{{ $labels.x }}{{ end }}
{{ define "a" }}{{ $.x }}{{ end }}
{{ define a }}{{ end }}
{{ define "a" 1 }}{{ end }}
{{ if 1 }}{{ define "a" }}{{ end }}{{ end }}
{{ define "a" }}
{{ template "none" }}
{{ template none }}
{{ template }}
{{ template "a" 1 2 }}
{{ block "a" . }}{{ . }}{{ end }}
{{ block "a" }}{{ end }}
{{ range . }}{{ block "a" . }}{{ break }}{{ end }}{{ end }}
{{/* comment */}}
{{- /* comment */ -}}
{{ /* comment */ }}
{{/* comment }}
{{/* comment */ 1}}
{{- 1 -}}
{{-1-}}
{{ 1 -}}
{{1 -}}
{{-}}
{{ 1 | 2 }}
{{ 1 | "a" }}
{{ 1 | $labels }}
{{ 1 | . }}
{{ 1 | .Value }}
{{ 1 | nil }}
{{ 1 | (print) }}
{{ print 1,2 }}
{{ print(1) }}
{{ print (1)(2) }}
{{ print"a" }}
{{ print "a""b" }}
{{ a.b }}
{{ # }}
{{ @ }}
{{ $labels["job"] }}
{{ $labels.job == "a" }}
{{ eq $labels.job "a" }}
{{ call 1 }}{{ and 1 2 }}{{ or 1 }}{{ not 1 }}{{ html 1 }}{{ js 1 }}{{ urlquery 1 }}{{ println }}{{ slice 1 }}{{ index 1 }}{{ len 1 }}
{{ query "x" }}{{ first 1 }}{{ label 1 }}{{ value 1 }}{{ strvalue 1 }}{{ args 1 }}{{ reReplaceAll 1 }}{{ safeHtml 1 }}{{ match 1 }}{{ title 1 }}
{{ toUpper 1 }}{{ toLower 1 }}{{ graphLink 1 }}{{ tableLink 1 }}{{ sortByLabel 1 }}{{ stripPort 1 }}{{ stripDomain 1 }}{{ humanize1024 1 }}{{ humanizeDuration 1 }}
{{ humanizePercentage 1 }}{{ humanizeTimestamp 1 }}{{ toTime 1 }}{{ pathPrefix }}{{ externalURL }}{{ parseDuration 1 }}
{{ tmpl 1 }}
{{ toJson 1 }}
{{ trimSpace "a" }}
{ {{ "{" }} }} }
{{{ 1 }}}
{{ {1} }}
""".strip().split("\n")


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

    def test_of_templates(self):
        for text in TEMPLATES:
            with self.subTest(text):
                self.agree(f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    annotations: {{a: {json.dumps(text, ensure_ascii=False)}}}\n")

    def test_of_templates_with_a_slip(self):
        """One character less, more or twice, or the parts of two templates."""
        draw = random.Random(17)
        texts = []
        for _ in range(3000):
            one, two = draw.choice(TEMPLATES), draw.choice(TEMPLATES)
            at = draw.randrange(len(one))
            slips = (one[:at] + one[at + 1:], one[:at] + draw.choice("{}()|.$\"`'-:=, 1xi/*\\") + one[at:], one[:at] + one[at] + one[at:],
                     one[:at] + two[draw.randrange(len(two)):], one + two)
            texts.append(draw.choice(slips))
        self.assertEqual(self.refused_by_kymo(texts), self.refused_by_promtool(texts))

    @staticmethod
    def rules_of(texts, directory):
        path = pathlib.Path(directory, "rules.yml")
        rules = [f"  - {{alert: A{number}, expr: up, annotations: {{a: {json.dumps(text, ensure_ascii=False)}}}}}\n" for number, text in enumerate(texts)]
        path.write_text("groups:\n- name: g\n  rules:\n" + "".join(rules), encoding="utf-8")
        return path

    def refused_by_kymo(self, texts):
        with tempfile.TemporaryDirectory() as directory:
            told = verdict(KYMO, "check", "rules", self.rules_of(texts, directory))[1]
        return [texts[int(line) - 4] for line in re.findall(r"rules\.yml:(\d+):\d+: annotation", told)]

    def refused_by_promtool(self, texts):
        with tempfile.TemporaryDirectory() as directory:
            told = verdict(PROMTOOL, "check", "rules", self.rules_of(texts, directory))[1]
        return [texts[int(number)] for number in re.findall(r'"A(\d+)": annotation', told)]

    def test_of_templates_of_labels_and_records(self):
        for kind, key in (("alert", "labels"), ("record", "labels"), ("alert", "annotations")):
            with self.subTest(kind=kind, key=key):
                self.agree(f"groups:\n- name: g\n  rules:\n  - {kind}: A\n    expr: up\n    {key}: {{a: '{{{{ none }}}}'}}\n")

    def test_a_file_that_cannot_be_read_is_named(self):
        code, told = verdict(KYMO, "check", "rules", "/nowhere/rules.yml")
        self.assertEqual(code, 1)
        self.assertIn("/nowhere/rules.yml", told)
        self.assertEqual(verdict(KYMO, "check", "silences", "x")[0], 2)


if __name__ == "__main__":
    unittest.main()
