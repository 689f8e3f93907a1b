"""Templates give the texts that Prometheus gives.

`promtool test rules` expands the annotations of alerts and prints them where they differ from the expected ones. So a file
that expects nothing shows all of them. Where a template fails, both must say so; the words are their own.

promtool 2.42 is Go 1.19: `else with`, `range` over a number, toDuration, now and urlQueryEscape are left out here, and `title`
where it ends words elsewhere than Prometheus 3 does. Its unit
tests have no external URL for the functions externalURL and pathPrefix.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

ANSWERS = os.path.join(os.environ["KYMO_BIN"], "template_answers")
PROMTOOL = os.path.join(os.environ["KYMO_PEERS"], "promtool")
FAULT = "<error expanding template: "

VALUE = "0.25"
LABELS = {"job": "voice", "instance": "a.example.com:9100", "text": "it's <b>&\"é\"</b>"}
SAMPLES = [("1", "b"), ("2.5", "a")]
URL = "http://kymo:8080/base"

NUMBERS = ["0", "1", "-1", "42", "-42", "255", "1000000", "123456789", "0.0", "1.0", "-1.5", "2.5", "0.1", "1e6", "1e21", "1e20", "123456.0", "1234567.0",
           "1e-4", "1e-5", "3.14159265358979", "1e100", "5e-324", "1.7976931348623157e308", "100000.0", "999999.5", "0x1p-2", "0x1F", "0b101", "0o17", "017", "1_000",
           "'a'", "'é'", "'\\n'", "'\\''", "1i", "1+2i", "9223372036854775807", "-9223372036854775808"]
TEXTS = ['"a"', '""', '"héllo"', '"a\\tb\\n"', '`raw\\n`', '"q\\"q"', '"\\xff"', '"\\u2028"', '"😀"', "$labels.text", "$labels.job", "$labels.none"]
OTHERS = ["true", "false", "nil", ".", "$labels", "args", "(args 1 \"x\")", "(args 1.5 (args 2))", "(len $labels)", "(index \"abc\" 1)", "(toTime 1435065584)",
          "(toTime 1435065584.128).Month", "(toTime 0).Weekday", "(query \"none\")", "(safeHtml \"<b>\")", "(first (query \"s\"))"]
VALUES = NUMBERS + TEXTS + OTHERS
VERBS = "vTtbcdoOqxXUeEfFgGspw%zé"
FLAGS = ["", "+", "-", "#", " ", "0", "+#", "-0", "# ", "+ "]
WIDTHS = ["", "8", "20", ".0", ".2", "8.3", ".10", "3.", "012.4"]

FIXED = """
{{ $value }}|{{ .Value }}|{{ printf "%.2f" $value }}|{{ .Value | printf "%g" }}
{{ $labels.job }} {{ .Labels.instance }} [{{ $labels.none }}] {{ .Labels.none.more }}
{{ $externalURL }} {{ .ExternalURL }} {{ $externalLabels }} {{ .ExternalLabels.region }}
{{ . }}|{{ printf "%+v" . }}|{{ $ }}
a {{- 1 -}} b|a {{ 1 -}}   b|a   {{- 1 }} b|{{- /* x */ -}} c|{{/* x */}}d
{{ if .Value }}a{{ else }}b{{ end }}{{ if eq .Value 0.25 }}c{{ end }}{{ if $labels.none }}d{{ else if true }}e{{ else }}f{{ end }}
{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}{{ range $labels }}{{ . }},{{ end }}
{{ range $i, $e := query "s" | sortByLabel "host" }}{{ $i }}:{{ $e.Labels.host }}={{ $e.Value }} {{ end }}
{{ range query "s" }}{{ .Labels.host }} {{ label "host" . }} {{ value . }} {{ . | value }} {{ strvalue . }};{{ end }}
{{ range query "none" }}x{{ else }}none{{ end }}{{ with query "none" }}x{{ else }}none{{ end }}
{{ with query "s" }}{{ . | first | label "host" }}{{ len . }}{{ end }}
{{ query "s" | first | value | humanize }} {{ (first (query "s")).Labels }} {{ (query "s" | first).Value }}
{{ query "none" | first }}
{{ range $i, $e := query "s" }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ $i }}{{ end }}
{{ range $i, $e := query "s" }}{{ if eq $i 0 }}{{ continue }}{{ end }}{{ $i }}{{ end }}
{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}
{{ $x := "a" }}{{ range query "s" }}{{ $x = print $x .Labels.host }}{{ end }}{{ $x }}
{{ define "t" }}<{{ . }}{{ $ }}>{{ end }}{{ template "t" .Value }}{{ template "t" }}{{ template "t" "x" }}
{{ block "b" $labels.job }}[{{ . }}]{{ end }}{{ template "b" "again" }}
{{ define "loop" }}{{ if lt (len .) 5 }}{{ template "loop" (print . "x") }}{{ else }}{{ . }}{{ end }}{{ end }}{{ template "loop" "" }}
{{ template "none" }}
{{ and 1 0 2 }}{{ and 1 2 }}{{ or 0 "" "x" }}{{ or 0 "" }}{{ not 0 }}{{ not "x" }}{{ and true (lt 1 2) }}{{ and 0 (index "" 5) }}
{{ 1 | and 2 }}{{ 0 | or "" }}{{ "a" | print "b" }}
{{ len "héllo" }} {{ len $labels }} {{ len (args 1 2) }}
{{ len 1 }}
{{ len nil }}
{{ index $labels "job" }}{{ index $labels "none" }}{{ index "abc" 0 }}{{ index (query "s" | sortByLabel "host") 0 | value }}{{ (index (query "s") 1).Value }}
{{ index "abc" 3 }}
{{ index "abc" -1 }}
{{ index "abc" "x" }}
{{ index $labels 1 }}
{{ index 5 1 }}
{{ index (args (args "deep")) "arg0" "arg0" }}{{ (args 1 2).arg1 }}{{ (args).none }}{{ print (args).none }}
{{ slice "abcdef" 1 3 }}{{ slice "abc" 2 }}{{ slice "abc" }}{{ len (slice (query "s") 1) }}
{{ slice "abc" 2 1 }}
{{ slice "abc" 0 9 }}
{{ slice "abc" 0 1 2 }}
{{ eq 1 1 }}{{ eq 1 2 1 }}{{ ne "a" "b" }}{{ lt 1.5 2.5 }}{{ le "a" "a" }}{{ gt 2 1 }}{{ ge 1 2 }}{{ eq true true }}{{ eq nil nil }}{{ eq (index "a" 0) 97 }}{{ lt (index "a" 0) 98 }}
{{ eq 1 1.0 }}
{{ eq $value 0 }}
{{ lt true false }}
{{ eq "a" 1 }}
{{ eq 1 }}
{{ eq nil 1 }}{{ eq .Value nil }}{{ ne $labels.none "" }}
{{ eq $labels $labels }}
{{ lt nil 1 }}
{{ print 1 2 "a" "b" 3 nil 4.5 true }}|{{ println "a" 1 2 }}|{{ print }}|{{ println }}
{{ html "<a href='x'>&\\"" }} {{ html 1 2 }} {{ html nil }} {{ $labels.text | html }}
{{ js "it's <b> \\"x\\" = & \\n \\\\ é \\u2028" }} {{ js 1 "a" }}
{{ urlquery "a b&c=d/é~-_." 1 }} {{ urlquery $labels.text }}
{{ call 1 }}
{{ call nil }}
{{ nil }}
{{ true }}{{ "s" }}{{ `r` }}{{ 'a' }}{{ 1.0 }}{{ 1e3 }}{{ 0x10 }}{{ 1i }}{{ -0.0 }}{{ 18446744073709551616.0 }}
{{ 18446744073709551615 }}
{{ 1 2 }}
{{ "a" "b" }}
{{ .Value 1 }}
{{ $value 1 }}
{{ 1 | $value }}
{{ .None }}
{{ $labels.job.x }}
{{ .Value.x }}
{{ toUpper "héß" }}{{ toLower "HÉSS" }}{{ title "one two-three four_five ÉCOLE école foo/bar HELLO wORLD a1b (x) [y] ...z 'c'" }}
{{ toUpper 1 }}
{{ toUpper nil }}
{{ toUpper (safeHtml "x") }}
{{ safeHtml "<b>" }}{{ printf "%T" (safeHtml "x") }}{{ eq (safeHtml "x") "x" }}{{ print "a" (safeHtml "b") 1 }}
{{ match "a+" "baa" }}{{ match "^a" "ba" }}{{ match "(?i)A" "a" }}
{{ match "(" "a" }}
{{ match "a**" "a" }}
{{ reReplaceAll "(a)(b)?" "[$1|$2|${1}x|$1x|$$|$|${|$3]" "ab a c" }}
{{ reReplaceAll "" "-" "abé" }}|{{ reReplaceAll "b*" "X" "abbbcb" }}|{{ reReplaceAll "x*" "-" "" }}|{{ reReplaceAll "^" ">" "a\\nb" }}
{{ reReplaceAll "(?P<n>\\\\d+)" "<$n>" "a12b3" }}|{{ reReplaceAll "." "$0$0" "é1" }}|{{ "localhost:9090" | reReplaceAll ":.*" "" }}
{{ reReplaceAll "[" "" "" }}
{{ graphLink "up == 0 and on(job) x" }} {{ tableLink "rate(x[5m])" }}
{{ stripPort "a:1" }} {{ stripPort "a" }} {{ stripPort "[::1]:80" }} {{ stripPort "::1" }} {{ stripPort "a:b:c" }} {{ stripPort "[::1]" }} {{ stripPort ":80" }} {{ stripPort "a:" }} {{ stripPort "[a]b:1" }}
{{ stripDomain "a.b.c:80" }} {{ stripDomain "a.b" }} {{ stripDomain "1.2.3.4:80" }} {{ stripDomain "[::1]:80" }} {{ stripDomain "a" }} {{ stripDomain "1.2.3" }} {{ stripDomain "a.b:" }} {{ stripDomain "" }} {{ stripDomain "01.2.3.4" }} {{ stripDomain "[a::b.c]:1" }}
{{ parseDuration "1h30m" }} {{ parseDuration "5ms" }} {{ parseDuration "1y2w3d" }} {{ parseDuration "0" }} {{ 1 | print }}
{{ parseDuration "5" }}
{{ parseDuration "" }}
{{ parseDuration "5m1h" }}
{{ toTime 1435065584.128 }} {{ toTime "0" }} {{ toTime -1 }} {{ (toTime 1435065584).Year }} {{ (toTime 1.5).Unix }} {{ (toTime 1.5).UnixMilli }} {{ (toTime 1.5).UnixNano }} {{ (toTime 86399).Hour }}
{{ (toTime 1435065584.123).Format "2006-01-02T15:04:05.000Z07:00 Mon Jan _2 3:04PM Monday January 02 002 __2 06 1 2 3 4 5 pm MST -0700 -07:00 -07 .999 ,000 Z0700 2006x _2006 Janet" }}
{{ (toTime 0).Month }} {{ (toTime 0).Weekday }} {{ (toTime 0).YearDay }} {{ (toTime 0).Day }} {{ (toTime 0).IsZero }} {{ (toTime 5).After (toTime 3) }} {{ (toTime 5).Sub (toTime 3.5) }} {{ (toTime 5).Equal (toTime 5) }}
{{ ((toTime 5).Sub (toTime 3.5)).Seconds }} {{ ((toTime 9000).Sub (toTime 3.5)).Hours }} {{ ((toTime 9000).Sub (toTime 3.5)).Round 1000000000 }} {{ (toTime 5).Add 1500000000 }} {{ ((toTime 5).Sub (toTime 65.25)).Minutes }}
{{ (toTime 5).Unix | printf "%d" }} {{ "2006" | (toTime 5).Format }} {{ printf "%s %d" (toTime 5).Month (toTime 5).Month }} {{ printf "%v" (toTime 5) }} {{ (toTime 5).UTC }}
{{ (toTime 5).Format }}
{{ (toTime 5).None }}
{{ toTime "x" }}
{{ toTime 1e20 }}
{{ toTime (parseDuration "1h") | print }}
{{ "a" | printf "%s-%s" "b" }} {{ printf "%d%%" 5 }} {{ printf "%[2]d %[1]d" 1 2 }} {{ printf "%[3]*.[2]*[1]f" 12.0 2 6 }} {{ printf "%*d|%-*d" 5 1 5 2 }} {{ printf "%.*f" 2 3.14159 }}
{{ printf "%[5]d" 1 }} {{ printf "%[x]d" 1 }} {{ printf "%[1" 1 }} {{ printf "%*d" "a" 1 }} {{ printf "%.*d" -1 5 }} {{ printf "%!" }} {{ printf "%" 1 }} {{ printf "%d %d" 1 }} {{ printf "x" 1 "a" nil }} {{ printf "%-010d|" 5 }}
{{ printf "%99999999d" 1 }} {{ printf "%s" nil }} {{ printf "%v" nil }} {{ printf "%T" nil }} {{ printf "%5v|%-5v|" true nil }}
{{ printf "%q" 'x' }} {{ printf "%#q" "a`b" }} {{ printf "%#q" "ab" }} {{ printf "%+q" "é😀" }} {{ printf "%x" "héllo" }} {{ printf "% X" "abc" }} {{ printf "%#x" "abc" }} {{ printf "%# x" "abc" }} {{ printf "%.3s|%8.3s|%-8s|" "héllo" "héllo" "é" }}
{{ printf 5 }}
{{ printf }}
""".strip().split("\n")

FUNCTIONS = ["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime"]
FIGURES = NUMBERS + ["\"12.5\"", "\"x\"", "\"\"", "\"inf\"", "\"-Inf\"", "\"NaN\"", "\"1e3\"", "\"0x1p4\"", "\"+5\"", "\" 5\"", "nil", "$value", "true", "59.99", "60.0", "61.5",
                     "3600.0", "86400.0", "90061.0", "-90061.0", "1e9", "1435065584.128", "-1.0", "0.5", "0.00001", "-0.002", "1023.0", "1024.0", "1e15", "1e30", "999.95", "999949.0",
                     "1.5e-20", "1e-30", "9e18", "1e19", "\"1_000\""]


def unquoted(text):
    """A literal of Go in quotes, without them."""
    marks = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}
    out = bytearray()
    at = 0
    while at < len(text):
        if text[at] != "\\":
            out += text[at].encode()
            at += 1
            continue
        kind = text[at + 1]
        digits = {"x": 2, "u": 4, "U": 8}.get(kind)
        if digits is None:
            out.append(marks[kind])
            at += 2
            continue
        code = int(text[at + 2:at + 2 + digits], 16)
        out += bytes([code]) if kind == "x" else chr(code).encode()
        at += 2 + digits
    return bytes(out)


def theirs(templates):
    # Prometheus gives the samples of a selector in an order of chance. Ours come by value.
    templates = [text.replace('query "s"', 'query "sort(s)"') for text in templates]
    rules = [{"alert": f"A{number}", "expr": f"s_alert == {VALUE}", "annotations": {"t": text}} for number, text in enumerate(templates)]
    labels = ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in LABELS.items())
    series = [{"series": f"s_alert{{{labels}}}", "values": f"{VALUE} {VALUE}"}]
    series += [{"series": f's{{host="{host}"}}', "values": f"{value} {value}"} for value, host in SAMPLES]
    expected = [{"eval_time": "1m", "alertname": rule["alert"], "exp_alerts": []} for rule in rules]
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "external_url": URL, "input_series": series, "alert_rule_test": expected}]}
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}, ensure_ascii=False), encoding="utf-8")
        pathlib.Path(directory, "test.yml").write_text(json.dumps(test, ensure_ascii=False), encoding="utf-8")
        result = subprocess.run([PROMTOOL, "test", "rules", "test.yml"], cwd=directory, capture_output=True, timeout=120, check=False)
    found = re.findall(r'alertname: A(\d+), .*?Annotations:\{(?:t="((?:[^"\\]|\\.)*)")?\}', result.stdout.decode() + result.stderr.decode(), re.DOTALL)
    answers = {int(number): unquoted(text) for number, text in found}
    if len(answers) != len(templates):
        raise AssertionError(f"{len(answers)} of {len(templates)} alerts: {result.stderr[-2000:].decode()}")
    return [answers[number] for number in range(len(templates))]


def ours(templates):
    command = [ANSWERS, VALUE, URL, *(f"{key}={value}" for key, value in [*LABELS.items(), ("__name__", "s_alert")]), "--"]
    command += [f"{value}:host={host}" for value, host in SAMPLES]
    result = subprocess.run(command, input="".join(text + "\0" for text in templates).encode(), capture_output=True, timeout=120, check=True)
    return result.stdout.split(b"\0")[:-1]


class Writer:
    """Writes templates by chance that parse and often run."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.variables = ["$labels.job", "$value", "$"]

    def value(self, depth):
        choice = self.draw.randrange(9 if depth > 0 else 4)
        if choice < 2:
            return self.draw.choice([one for one in VALUES if "first" not in one])
        if choice < 4:
            return self.draw.choice([*self.variables, ".", ".Value", ".Labels", ".Labels.host", "$labels.none"])
        one, two = self.value(depth - 1), self.value(depth - 1)
        return self.draw.choice([
            f"(eq {one} {two})", f"(lt {one} {two})", f"(and {one} {two})", f"(or {one} {two})", f"(not {one})", f"(len {one})", f"(print {one} {two})",
            f"(printf \"%v-%s\" {one} {two})", f"({one} | print)", f"({one} | printf \"%q\")", f"(args {one} {two})", f"(args {one} {two}).arg1",
            f"(index (args {one} {two}) \"arg0\")", f"(humanize {one})", f"(toUpper (print {one}))", f"(reReplaceAll \"[a-m]+\" \"<$0>\" (print {one}))",
            f"(slice (print {one}) 1)", f"(index (print {one}) 0)", f"(html {one} {two})", "(query \"s\" | len)", f"(match \"e\" (print {one}))"])

    def action(self, depth):
        begin, end = self.draw.choice(["{{ ", "{{- ", "{{"]), self.draw.choice([" }}", " -}}", "}}"])
        act = lambda words: f"{begin}{words}{end}"
        kind = self.draw.randrange(8 if depth > 0 else 3)
        if kind == 0:
            return self.draw.choice(["a", " b ", "\n", "\tc\n ", "{ ", "}} ", "/* */"])
        if kind < 3:
            return act(self.value(2))
        kept = list(self.variables)
        text = self.block(kind, act, depth)
        self.variables = kept
        return text

    def block(self, kind, act, depth):
        inside = lambda: "".join(self.action(depth - 1) for _ in range(self.draw.randrange(3)))
        other = act("else") + inside() if self.draw.random() < 0.5 else ""
        if kind == 3:
            return act(f"if {self.value(1)}") + inside() + other + act("end")
        if kind == 4:
            return act(f"if {self.value(1)}") + inside() + act(f"else if {self.value(1)}") + inside() + other + act("end")
        if kind == 5:
            return act(f"with $w := {self.value(1)}") + self.scope("$w", inside) + other + act("end")
        over = self.draw.choice(["$labels", "(args 1 \"a\")", "(query \"s\" | sortByLabel \"host\")", "(query \"none\")", ".Labels"])
        if kind == 6:
            leave = act(f"if {self.value(1)}") + act(self.draw.choice(["break", "continue"])) + act("end")
            return act(f"range {over}") + inside() + leave + inside() + other + act("end")
        return act(f"range $k, $v := {over}") + self.scope("$k", lambda: self.scope("$v", inside)) + other + act("end")

    def scope(self, name, inside):
        self.variables.append(name)
        text = inside()
        if self.draw.random() < 0.3:
            text += f"{{{{ {name} = {self.value(1)} }}}}{{{{ {name} }}}}"
        self.variables.remove(name)
        return text

    def template(self):
        return "".join(self.action(3) for _ in range(self.draw.randrange(1, 5)))


class Templates(unittest.TestCase):
    def agree(self, templates):
        wrong = []  # less the texts with addresses, which Go writes for samples within others
        for text, one, other in zip(templates, ours(templates), theirs(templates), strict=True):
            fault = FAULT.encode()
            has_address = re.search(rb"0x(<c>|c)00", other)
            if one != other and not has_address and not (one.startswith(fault) and other.startswith(fault)):
                wrong.append(f"{text}\n  kymo:       {one!r}\n  Prometheus: {other!r}")
        self.assertFalse(wrong, f"{len(wrong)} of {len(templates)}\n" + "\n".join(wrong[:40]))

    def test_of_actions_and_functions(self):
        self.agree(FIXED)

    def test_of_figures(self):
        self.agree([f"{{{{ {function} {figure} }}}}" for function in FUNCTIONS for figure in FIGURES])

    def test_of_values(self):
        self.agree([f"{{{{ {value} }}}}|{{{{ print {value} 1 {value} }}}}" for value in VALUES if value != "nil" and "query" not in value])

    def test_of_formats(self):
        draw = random.Random(17)
        templates = []
        for _ in range(1500):
            value = draw.choice([one for one in VALUES if "first" not in one])
            form = f"%{draw.choice(FLAGS)}{draw.choice(WIDTHS)}{draw.choice(VERBS)}"
            is_instant = value.startswith("(toTime") and ")." not in value
            is_composite = is_instant or value in (".", "$labels") or "args" in value or "query" in value
            if (is_instant and form[-1] not in "vsqT") or (is_composite and form[-1] in "pT"):
                continue  # Go writes addresses, the inside of a time, and the type of the data in words of 2.42
            templates.append(f'{{{{ printf "{form}|%v" {value} {draw.choice(NUMBERS)} }}}}')
        self.agree(templates)

    def test_of_whole_templates(self):
        writer = Writer(19)
        self.agree([writer.template() for _ in range(2000)])

    def test_of_comparisons(self):
        draw = random.Random(18)
        names = ["eq", "ne", "lt", "le", "gt", "ge", "and", "or"]
        operands = [one for one in VALUES if "first" not in one]
        self.agree([f"{{{{ {draw.choice(names)} {draw.choice(operands)} {draw.choice(operands)} | print }}}}" for _ in range(800)])


if __name__ == "__main__":
    unittest.main()
