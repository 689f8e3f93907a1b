"""`kymo query`, over a directory with known samples and over a server."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, Serve, clean_environment, run_kymo  # noqa: E402

BEGIN = 1_700_000_000  # 2023-11-14T22:13:20Z
TEXT = "".join(
    ["# TYPE level gauge\n"]
    + [f'level{{room="a"}} {i} {BEGIN + i}\n' for i in range(60)]
    + [f'level{{room="b"}} {60 - i} {BEGIN + i}\n' for i in range(60) if not 20 <= i < 40]
    + ["# TYPE big gauge\n"]
    + [f"big {(-1) ** i * 1.7e308} {BEGIN + i}\n" for i in range(60)]
    + ["# EOF\n"]
)
PLOT = """\
60 |bb                           a
   | bbb                       aaa
   |   bbb                   aaa
   |     bbb               aaa
45 |       bb             aa
   |        bb          aaa
   |                  aaa
   |                aaa
30 |              aaa
   |            aaa
   |          aaa
   |        aaa         bbb
15 |       aa             bb
   |     aaa               bbb
   |   aaa                   bbb
   | aaa                       bbb
 0 |aa                           b
    22:13:20          22:14:19 UTC

a  level{room="a"}  59 (min 0, max 59)
b  level{room="b"}  1 (min 1, max 60)
"""


class OfADirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kymo-query-")
        cls.addClassCleanup(folder.cleanup)
        cls.path = os.path.join(folder.name, "past")
        subprocess.run([KYMO, "history", "import", cls.path], input=TEXT, text=True, check=True, capture_output=True,
                       env=clean_environment())

    def query(self, *arguments, **environment):
        return run_kymo("query", "--history", self.path, *arguments, **environment)

    def test_a_table_of_the_newest_values(self):
        shown = self.query("level")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(shown.stdout, 'level{room="a"}  59\nlevel{room="b"}  1\n')
        self.assertEqual(self.query("1 + 1").stdout, "2\n")
        self.assertEqual(self.query("--at", "2023-11-14T22:13:25Z", 'level{room="a"}').stdout, 'level{room="a"}  5\n')
        self.assertEqual(self.query("--at", str(BEGIN + 5), 'level{room="a"}').stdout, 'level{room="a"}  5\n')

    def test_values_at_each_step(self):
        shown = self.query("--range", "10s", "--step", "5s", 'level{room="a"}')
        self.assertEqual(shown.stdout, 'level{room="a"}\n  2023-11-14T22:14:09.000Z  49\n  2023-11-14T22:14:14.000Z  54\n'
                                       "  2023-11-14T22:14:19.000Z  59\n")

    def test_json_is_that_of_the_api(self):
        answer = json.loads(self.query("--json", 'level{room="b"}').stdout)
        self.assertEqual(answer, {"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"__name__": "level", "room": "b"}, "value": [BEGIN + 59, "1"]}]}})

    def test_a_plot_without_colours_or_unicode(self):
        shown = self.query("--graph", "--range", "59s", "--step", "1s", "last_over_time(level[1s])", COLUMNS="34", LC_ALL="C")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(shown.stdout, PLOT)

    def test_a_plot_in_braille(self):
        shown = self.query("--graph", "--range", "59s", 'level{room="a"}', LC_ALL="C.UTF-8")
        self.assertRegex(shown.stdout, "[\u2801-\u28ff]")
        self.assertNotIn("\x1b", shown.stdout)

    def test_a_plot_of_huge_values_and_of_none(self):
        shown = self.query("--graph", "--range", "59s", "big")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(self.query("--graph", "level * NaN").returncode, 0)

    def test_errors_point_at_the_place(self):
        shown = self.query("sum(rat(level))")
        self.assertEqual((shown.returncode, shown.stdout), (1, ""))
        self.assertEqual(shown.stderr, 'kymo: query: unknown function "rat" at 1:5; did you mean "rate"?\n  sum(rat(level))\n      ^\n')
        shown = self.query("rate(level[1m])")
        self.assertEqual(shown.returncode, 0)
        self.assertRegex(shown.stderr, r"not be a counter.*\(1:6\)\n  rate\(level\[1m\]\)\n       \^\n$")
        shown = self.query("sum(\n  rat(level))")
        self.assertTrue(shown.stderr.endswith("    rat(level))\n    ^\n"), shown.stderr)

    def test_nothing_found_is_said(self):
        shown = self.query("levle")
        self.assertEqual((shown.returncode, shown.stdout, shown.stderr), (0, "", "kymo: query: no series has a value at that time\n"))

    def test_names(self):
        self.assertEqual(self.query("--names").stdout, "big\nlevel\n")

    def test_calls_that_make_no_sense(self):
        for arguments, wanted in (
            ((), "EXPR is missing"),
            (("--step", "5s", "up"), "goes with --range"),
            (("--range", "x", "up"), 'no duration; expected such as 1h'),
            (("--range", "-5m", "up"), 'no duration'),
            (("--at", "noon", "up"), 'no time; expected seconds since 1970'),
            (("--graph", "--json", "up"), "exclude each other"),
            (("--url", "http://127.0.0.1:1", "up"), "exclude each other"),
        ):
            shown = self.query(*arguments)
            self.assertEqual((shown.returncode, shown.stdout), (2, ""), arguments)
            self.assertIn(wanted, shown.stderr)
        shown = self.query("--range", "30d", "--step", "1ms", "level")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("11000", shown.stderr.replace(",", "").replace(" ", ""))

    def test_a_directory_that_is_none(self):
        shown = run_kymo("query", "--history", self.path + "-x", "up")
        self.assertEqual((shown.returncode, shown.stdout), (1, ""))
        self.assertIn(self.path + "-x", shown.stderr)


class OfAServer(unittest.TestCase):
    def test_answers_and_errors(self):
        with Serve("--no-history", "--tick-interval", "100ms") as server:
            url = server.url()
            ask = lambda *arguments: run_kymo("query", "--url", url, *arguments)  # noqa: E731
            server.wait_for(lambda: "kymo_build_info" in ask("--names").stdout, "a name")
            self.assertRegex(ask("kymo_build_info").stdout, r'^kymo_build_info\{version="[^"]+"\}  1\n$')
            self.assertEqual(ask("rat(up)").returncode, 1)
            self.assertTrue(ask("rat(up)").stderr.endswith("  rat(up)\n  ^\n"))
            self.assertRegex(ask("kymo_tick_duration_seconds").stdout, r"count \d+, sum [\d.e-]+\n$")
            self.assertEqual(ask('vector(1) and on() absent(up{a="&=% +#"})').stdout, "{}  1\n")
            self.assertIn("draw a percentile", ask("--graph", "--range", "1s", "kymo_tick_duration_seconds").stdout)

    def test_a_token_and_nobody(self):
        with tempfile.TemporaryDirectory() as folder:
            token = os.path.join(folder, "token")
            with open(token, "w", encoding="ascii") as file:
                file.write("secret-word-of-the-test")
            os.chmod(token, 0o600)
            with Serve("--no-history", "--tick-interval", "100ms", KYMO_WEB_TOKEN_FILE=token) as server:
                refused = run_kymo("query", "--url", server.url(), "1")
                self.assertEqual((refused.returncode, refused.stdout), (1, ""))
                self.assertIn("token", refused.stderr)
                taken = run_kymo("query", "--url", server.url(), "--token-file", token, "1")
                self.assertEqual((taken.returncode, taken.stdout), (0, "1\n"))
        nobody = run_kymo("query", "--url", "http://127.0.0.1:1", "1")
        self.assertEqual((nobody.returncode, nobody.stdout), (1, ""))
        self.assertIn("127.0.0.1:1", nobody.stderr)


if __name__ == "__main__":
    unittest.main()
