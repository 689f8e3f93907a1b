"""The past of `kymo serve` in a directory: over a kill, beside another process, and read by `kymo history`."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, PEERS, Serve, free_port, get, run_kymo  # noqa: E402


def serve(directory, **options):
    return Serve(
        "--tick-interval", "100ms", "--history.interval", "1s", "--history.directory", directory, **options
    )


def times(server):
    status, _, body = get(server.url() + "/api/metrics/system/history?duration=10m")
    return [p["timestamp"] for p in json.loads(body)["points"]] if status == 200 else []


class History(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kymo-history-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_a_kill_loses_nothing(self):
        with serve(self.folder) as first:
            before = first.wait_for(lambda: len(times(first)) >= 4 and times(first), "some points")
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
        with serve(self.folder) as second:
            second.wait_for(lambda: len(times(second)) > len(before), "points of both servers")
            self.assertLessEqual(set(before[:-1]), set(times(second)))
            self.assertIn("kymo_history_directory_in_use 1", second.metrics())
            self.assertEqual(second.end()[0], 0)
            self.assertEqual(second.err(), "")
        info = run_kymo("history", "info", self.folder)
        self.assertEqual((info.returncode, info.stderr), (0, ""))
        self.assertRegex(info.stdout, r"(?m)^series +\d{2,}$")
        self.assertRegex(info.stdout, r"(?m)^samples +\d{4,}$")
        self.assertRegex(info.stdout, r"(?m)^from +20\S+Z$")
        self.assertIn("damage    none seen", info.stdout)
        exported = run_kymo("history", "export", self.folder)
        self.assertEqual((exported.returncode, exported.stderr), (0, ""))
        text = os.path.join(self.folder, "past.txt")
        with open(text, "w", encoding="utf-8") as file:
            file.write(exported.stdout)
        promtool = os.path.join(PEERS, "promtool")
        made = subprocess.run(
            [promtool, "tsdb", "create-blocks-from", "openmetrics", text, os.path.join(self.folder, "prometheus")],
            capture_output=True,
            text=True,
        )
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        lines = [line for line in exported.stdout.splitlines() if not line.startswith("#")]
        self.assertGreater(len(lines), 1000)
        self.assertIn(f" {len(lines)} ", made.stdout)
        self.check_imports(exported.stdout, text)
        self.assertEqual(run_kymo("history", "export", self.folder, "--to", "1").stdout, "# EOF\n")
        self.assertEqual(run_kymo("history", "export", self.folder, "--to", "soon").returncode, 2)
        check = run_kymo("history", "check", self.folder)
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        self.assertIn("; none damaged", check.stdout)

        log = os.path.join(self.folder, min(name for name in os.listdir(self.folder) if name.endswith(".log")))
        with open(log, "r+b") as file:
            file.seek(os.path.getsize(log) // 2)
            file.write(b"\xff\x00\xff")
        check = run_kymo("history", "check", self.folder)
        self.assertEqual(check.returncode, 1)
        self.assertIn(log + ": ", check.stdout)
        with serve(self.folder) as third:
            third.wait_for(lambda: times(third), "points")

    def check_imports(self, plain, file):
        exact = run_kymo("history", "export", self.folder, "--exact").stdout
        for name, text, options in (("plain", plain, ()), ("exact", exact, ("--exact",))):
            copy = os.path.join(self.folder, name)
            made = subprocess.run(
                [KYMO, "history", "import", copy, "-"], input=text, capture_output=True, text=True
            )
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            self.assertRegex(made.stdout, r"^imported \d+ samples of \d+ series into 1 segments of ")
            self.assertEqual(run_kymo("history", "export", copy, *options).stdout, text)
            self.assertEqual(run_kymo("history", "check", copy).returncode, 0)
            self.assertEqual(sorted(os.listdir(copy)), ["00000001.segment"])
        again = run_kymo("history", "import", copy, file)
        self.assertEqual((again.returncode, again.stdout), (1, ""))
        self.assertIn(f"cannot import into {copy}, which has files; name a new directory", again.stderr)
        with open(file, "a", encoding="utf-8") as damaged:
            damaged.write("more 1 1\n")
        failed = run_kymo("history", "import", os.path.join(self.folder, "none"), file)
        self.assertEqual((failed.returncode, failed.stdout), (1, ""))
        line = plain.count("\n") + 1
        self.assertIn(f'{file}:{line}: text follows "# EOF"; give each text a file of its own', failed.stderr)
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("none")])
        self.assertEqual(run_kymo("history", "info", self.folder, file).returncode, 2)

    def test_a_second_server_goes_on_without_the_directory(self):
        with serve(self.folder) as first, serve(self.folder) as second:
            first.url(), second.url()
            message = f"history.directory {self.folder} is in use by process "
            self.assertEqual((first.err() + second.err()).count(message), 1)
            second.wait_for(lambda: times(second), "points in memory")

    def test_the_place_is_the_users_state_by_port(self):
        port = free_port()
        with Serve(listen=f"127.0.0.1:{port}", XDG_STATE_HOME=self.folder) as server:
            server.url()
            server.wait_for(lambda: os.path.isdir(os.path.join(self.folder, "kymo", str(port))), "the directory")
        with Serve("--no-history", listen=f"127.0.0.1:{free_port()}", XDG_STATE_HOME=self.folder) as server:
            self.assertNotIn("kymo_history_directory_in_use", server.metrics())
            self.assertIn("kymo_history_series", server.metrics())
        self.assertEqual(os.listdir(os.path.join(self.folder, "kymo")), [str(port)])

    def test_a_directory_that_nobody_may_write_is_told_once(self):
        with Serve("--history.directory", "/proc/kymo", "--tick-interval", "100ms") as server:
            server.wait_for(lambda: "kymo_history_unlogged_ticks_total" in server.metrics(), "metrics")
            server.wait_for(lambda: server.err(), "a message")
            self.assertRegex(server.err(), "the history stays in memory: cannot make the folder /proc/kymo: ")
            self.assertEqual(len(server.err().splitlines()), 1)
            self.assertIn("kymo_history_directory_in_use 0", server.metrics())

    def test_a_wrong_call_says_so(self):
        self.assertEqual(run_kymo("history", "info").returncode, 2)
        for action in ("info", "check"):
            missing = run_kymo("history", action, os.path.join(self.folder, "none"))
            self.assertEqual((missing.returncode, missing.stdout), (1, ""))
            self.assertIn("No such file or directory", missing.stderr)


if __name__ == "__main__":
    unittest.main()
