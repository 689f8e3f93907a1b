"""`kymo bench` as its users call it. What it measures is for the machine to say; that it does, and compares, is for this."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, clean_environment, run_kymo  # noqa: E402

DEADLINE_S = 250


def bench(*arguments):
    return subprocess.run(
        [KYMO, "bench", *arguments], capture_output=True, text=True, timeout=DEADLINE_S, env=clean_environment()
    )


class Bench(unittest.TestCase):
    def test_measures_saves_and_compares(self):
        with tempfile.TemporaryDirectory() as folder:
            saved = os.path.join(folder, "run.json")
            result = bench("--quick", "--json", saved)
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(saved, encoding="utf-8") as file:
                run = json.load(file)
            names = [figure["name"] for figure in run["figures"]]
            cores = os.cpu_count()
            for name in ("counter add", "gauge set", "histogram record", "increment by name, 2 tags", "scoped timer",
                         "counter add, recording off", "one counter, 1 thread", "snapshot of 10 k series",
                         "text of 10 k series", "start to the first scrape",
                         "one counter, 1 thread" if cores == 1 else f"one counter, {cores} threads"):
                self.assertIn(name, names)
                self.assertIn(name, result.stdout)
            for figure in run["figures"]:
                # Threads that never ran at the same time, on a machine that is busy, give none.
                if figure["median"] is not None:
                    self.assertGreaterEqual(figure["median"], 0)
                    self.assertLessEqual(figure["low"], figure["median"])
                    self.assertLessEqual(figure["median"], figure["high"])
                if figure["limit"]:
                    self.assertGreater(figure["limit"]["median"], 0)

            # Beside a run in which all was a hundred times as quick, and its limits as they are, all is slower.
            for figure in run["figures"]:
                for key in ("median", "low", "high"):
                    if figure[key] is not None:
                        figure[key] /= 100
            with open(saved, "w", encoding="utf-8") as file:
                json.dump(run, file)
            result = bench("--quick", "--compare", saved, "--fail-on-regression", "10%")
            self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
            self.assertIn("SLOWER", result.stdout)
            self.assertRegex(result.stdout, r"FAILED histogram record: .* ns before, .* ns now: \+\d+ %, noise")


class Mistakes(unittest.TestCase):
    def check(self, arguments, code, text):
        result = run_kymo("bench", *arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""))
        self.assertIn(text, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_are_told_before_anything_is_measured(self):
        self.check(["--quik"], 2, 'bench: "--quik" is no option; did you mean --quick?')
        self.check(["--json"], 2, "--json: expected once, with one value")
        self.check(["--fail-on-regression", "10%"], 2, "needs an earlier run; name it with --compare FILE")
        self.check(["--compare", "x", "--fail-on-regression", "much"], 2, '"much" is no share; expected one such as 10%')
        self.check(["--compare", "/nowhere"], 1, "/nowhere: cannot be read: No such file or directory")
        self.check(["--json", "/nowhere/x"], 1, "/nowhere/x: cannot be written: No such file or directory")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("{}")
            file.flush()
            self.check(["--compare", file.name], 1, "is no run that `kymo bench --json` has written")


if __name__ == "__main__":
    unittest.main()
