"""`kymo monitor` beside real processes that leak, burn, open files, end; and what it tells of them."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, Running, clean_environment, eventually, run_kymo  # noqa: E402
from terminal import Terminal  # noqa: E402

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema" / "monitor.schema.json"
PYTHON = "/usr/bin/python3"
# Long enough that growth is judged, at ten readings a second, also by a machine that is busy with other things.
SECONDS = "6s"

# The programs watched keep their pace by the clock, so that a busy machine changes nothing of what they do in all.
PACED = """
import threading, time
kept, begin, done = [], time.monotonic(), 0
while True:
    due = (time.monotonic() - begin) * {per_second}
    while done < due:
        done += 1
        {work}
    time.sleep(0.01)
"""
LEAKS = PACED.format(per_second=80, work="kept.append(b'x' * 262144)")  # 20 MiB/s
# One large allocation in the middle of it.
LEAKS_AND_ALLOCATES = PACED.format(per_second=80, work="kept.append(b'x' * (262144 if done != 240 else 20_000_000))")
OPENS = PACED.format(per_second=20, work="kept.append(open('/dev/null'))")
STARTS = PACED.format(per_second=8, work="threading.Thread(target=time.sleep, args=(60,), daemon=True).start()")
COLLECTS = PACED.format(per_second=80, work="kept.append(b'x' * 262144) if len(kept) < 30 else kept.clear()")
STEADY = "import time\nkept = b'x' * 40_000_000\nwhile True: time.sleep(0.02)"
BURNS = "while True: pass"


def python(program):
    return ["--", PYTHON, "-c", program]


def monitor(*arguments, rate="10", duration=SECONDS):
    return run_kymo("monitor", "--json", "--rate", rate, "--duration", duration, *arguments)


class Findings(unittest.TestCase):
    """What is wrong is found, what is well is not."""

    @classmethod
    def setUpClass(cls):
        cls.validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
        jsonschema.Draft7Validator.check_schema(cls.validator.schema)

    def report(self, *arguments, code=0, **options):
        result = monitor(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (code, ""), result.stdout)
        report = json.loads(result.stdout)
        self.validator.validate(report)
        return report

    def issues(self, report):
        # A loaded machine may well keep a thread waiting for a CPU or a disk: that is told, and is true.
        return {issue["issue"] for issue in report["issues"]} - {"cpu", "io"}

    def test_a_leak(self):
        report = self.report("--fail-on", "leak,rss.growth>10MB", *python(LEAKS), code=3)
        self.assertEqual(self.issues(report), {"leak"}, report["issues"])
        growth = report["metrics"]["rss"]["growth"]
        self.assertTrue(growth["steady"])
        self.assertAlmostEqual(growth["per_hour"] / 3600 / 2**20, 20, delta=5)
        self.assertLessEqual(growth["per_hour_low"], growth["per_hour_high"])
        self.assertEqual(len(report["failed"]), 2, report["failed"])
        self.assertEqual(report["end"], {"how": "duration"})
        self.assertGreater(report["usage"]["peak_rss"], 60e6)

    def test_a_leak_after_a_large_allocation(self):
        report = self.report("--fail-on", "leak", *python(LEAKS_AND_ALLOCATES), code=3)
        self.assertEqual(self.issues(report), {"leak"}, report["issues"])
        self.assertAlmostEqual(report["metrics"]["rss"]["growth"]["per_hour"] / 3600 / 2**20, 20, delta=10)

    def test_no_leak_of_one_that_is_steady_nor_of_a_collector(self):
        for program in (STEADY, COLLECTS):
            report = self.report("--fail-on", "leak,fd,threads,throttled", *python(program))
            self.assertEqual(self.issues(report), set(), report["issues"])
            self.assertEqual((report["failed"], report["not_judged"]), ([], [n for n in report["not_judged"] if "throttled" in n]))

    def test_files_that_are_not_closed(self):
        report = self.report("--fail-on", "fd", *python(OPENS), code=3)
        self.assertEqual(self.issues(report), {"fd"}, report["issues"])
        self.assertAlmostEqual(report["metrics"]["fds"]["growth"]["per_hour"] / 3600, 20, delta=5)

    def test_threads_that_do_not_end(self):
        report = self.report("--fail-on", "threads", *python(STARTS), code=3)
        self.assertIn("threads", self.issues(report), report["issues"])

    def test_a_busy_thread(self):
        report = self.report("--fail-on", "cpu", *python(BURNS), code=3, duration="3s")
        self.assertIn("cpu", [issue["issue"] for issue in report["issues"]])
        self.assertGreater(report["metrics"]["busiest_thread"]["average"], 0.9)
        self.assertGreater(report["metrics"]["cpu"]["average"], 0.05)

    def test_limits(self):
        report = self.report("--fail-on", "rss>10MB,threads>99,fds<1000", *python(STEADY), code=3, duration="1s")
        self.assertEqual([line.split(":")[0] for line in report["failed"]], ["rss>10MB", "fds<1000"])

    def test_a_tree(self):
        # The child ends by itself when the one that is asked to end has ended, but for --tree, which asks both.
        child = "import os, time\nkept, parent = b'x' * 40_000_000, os.getppid()\nwhile %s: time.sleep(0.02)"
        program = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', %r])"
        alone = self.report(*python(program % (child % "os.getppid() == parent")), duration="2s")
        tree = self.report("--tree", *python(program % (child % "True")), duration="2s")
        self.assertEqual(alone["metrics"]["processes"]["max"], 1)
        self.assertEqual(tree["metrics"]["processes"]["max"], 2)
        self.assertGreater(tree["metrics"]["rss"]["max"], alone["metrics"]["rss"]["max"] + 40e6)

    def of_children(self, child, count):
        """A tree whose children are there for less than the time between two readings, and the seconds it was watched."""
        program = (
            "import os, sys, time\n"
            "def burn(seconds):\n    while time.process_time() < seconds: pass\n"
            f"def child():\n    {child}\n    os._exit(0)\n"
            f"time.sleep(0.5)\nfor i in range({count}):\n    if os.fork() == 0: child()\n    os.wait()\n"
            "time.sleep(2)\n"
        )
        report = self.report("--tree", *python(program), duration="60s", rate="2")
        self.assertEqual(report["end"], {"how": "exited", "exit_code": 0})
        return report, report["metrics"]["cpu"]["average"] * report["seconds"]

    def test_a_tree_counts_children_that_come_and_end_between_readings(self):
        report, counted = self.of_children("burn(0.005)", 200)
        used = report["usage"]["user_seconds"] + report["usage"]["system_seconds"]
        self.assertGreater(used, 1)
        # CPU time of before the first reading is not part of the watch.
        self.assertAlmostEqual(counted, used, delta=0.25 * used)
        self.assertGreater(report["metrics"]["minor_faults"]["average"] * report["seconds"], 0.5 * report["usage"]["minor_faults"])

    def test_a_tree_counts_children_that_lose_their_parent(self):
        _, counted = self.of_children("os.fork() and os._exit(0); burn(0.02)", 40)
        self.assertGreater(counted, 0.6, "forty orphans of 20 ms each")

    def test_what_cannot_be_told(self):
        for arguments, code in ((["--fail-on-undecided"], 4), ([], 0)):
            report = self.report("--fail-on", "leak", *arguments, *python(STEADY), duration="1s", code=code)
            self.assertEqual(report["not_judged"], ["leak: watched too briefly to tell"])
        result = run_kymo("monitor", "--quiet", "--fail-on", "leak", "--fail-on-undecided", "--", "sh", "-c", "exit 7")
        self.assertEqual(result.returncode, 7, result.stderr)

    def test_figures_are_true(self):
        program = (
            "import os, time\nfor i in range(3): open('/dev/null'); os.dup(1)\nkept = b'x' * 100_000_000\n"
            "begin = time.process_time()\nwhile time.process_time() < begin + 0.5: pass\n"
            "source = open('/dev/zero', 'rb', buffering=0)\nfor i in range(100): source.read(1_000_000)\ntime.sleep(1.5)"
        )
        report = self.report(*python(program), duration="30s")
        self.assertEqual(report["end"], {"how": "exited", "exit_code": 0})
        metrics, usage = report["metrics"], report["usage"]
        self.assertGreaterEqual(usage["user_seconds"] + usage["system_seconds"], 0.5)
        self.assertGreater(metrics["rss"]["max"], 100e6)
        self.assertGreater(usage["peak_rss"], 100e6)
        self.assertEqual(metrics["fds"]["max"], 7, "three, three, and the source")
        self.assertEqual(metrics["threads"]["max"], 1)
        # What was read before the last reading, of 100 MB in all.
        self.assertAlmostEqual(metrics["read"]["average"] * report["seconds"] / 1e6, 100, delta=5)


class Throttled(unittest.TestCase):
    """By the real kernel, in a group of its own, where one may be made."""

    # (root, its file for a quota, what stands there)
    QUOTAS = (("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "20000"), ("/sys/fs/cgroup", "cpu.max", "20000 100000"))

    def make_group(self):
        for root, file, quota in self.QUOTAS:
            group = Path(root) / f"kymo-test-{os.getpid()}"
            try:
                group.mkdir()
            except OSError:
                continue
            self.addCleanup(group.rmdir)
            try:
                (group / file).write_text(quota)
                return group
            except OSError:
                continue
        self.skipTest("no group with a CPU limit may be made here")

    def test_is_found(self):
        self.check_in(self.make_group())

    def test_by_a_group_above_is_found(self):
        group = self.make_group() / "below"
        try:
            group.mkdir()
        except OSError:
            self.skipTest("no group may be made in a group here")
        # Before the one above it is removed: clean-ups go from the last to the first.
        self.addCleanup(group.rmdir)
        self.check_in(group)

    def check_in(self, group):
        child = subprocess.Popen([PYTHON, "-c", BURNS])
        try:
            (group / "cgroup.procs").write_text(str(child.pid))
            result = monitor("--fail-on", "throttled", str(child.pid), duration="4s")
        finally:
            child.kill()
            child.wait()
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual((report["cores"], report["limit_cores"]), (0.2, 0.2))
        issues = {issue["issue"]: issue["text"] for issue in report["issues"]}
        self.assertIn("throttled", issues)
        self.assertRegex(issues.get("cpu", "its group's limit"), "its group's limit")
        self.assertEqual(report["end"], {"how": "duration"})


class Ends(unittest.TestCase):
    def test_passes_the_commands_exit_code_on(self):
        for code in (0, 1, 7):
            result = run_kymo("monitor", "--quiet", "--", "sh", "-c", f"exit {code}")
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(f"it ended with exit code {code}\n", result.stdout)
        result = run_kymo("monitor", "sh", "-c", "kill -SEGV $$")
        self.assertEqual(result.returncode, 128 + signal.SIGSEGV)
        self.assertIn("signal 11 (SIGSEGV) ended it", result.stdout)

    def test_keeps_the_commands_output_apart_from_the_report(self):
        result = run_kymo("monitor", "--json", "--", "sh", "-c", "echo out; echo error >&2")
        self.assertEqual(result.stderr, "out\nerror\n")
        self.assertEqual(json.loads(result.stdout)["end"], {"how": "exited", "exit_code": 0})
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out")
            result = run_kymo("monitor", "--json", "--output", path, "--", "sh", "-c", "echo out; echo error >&2")
            self.assertEqual(result.stderr, "")
            self.assertEqual(Path(path).read_text(), "out\nerror\n")

    def test_of_a_process_that_was_there_before(self):
        child = subprocess.Popen(["sleep", "600"])
        try:
            with Running(KYMO, "monitor", "--rate", "10", str(child.pid)) as watching:
                watching.wait_for(lambda: len(watching.out().splitlines()) >= 3, "lines")
                child.kill()
                child.wait()
                self.assertEqual(watching.process.wait(30), 0)
                self.assertIn("it ended; its exit code is known to its parent only", watching.out())
                self.assertIn(f"sleep (pid {child.pid})", watching.out())
        finally:
            child.kill()
            child.wait()

    def test_of_a_zombie(self):
        child = subprocess.Popen(["true"])
        try:
            stat = Path(f"/proc/{child.pid}/stat")
            eventually(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "Z", "a zombie")
            result = run_kymo("monitor", str(child.pid))
            self.assertEqual((result.returncode, result.stdout), (1, ""), result.stderr)
            self.assertIn(f"process {child.pid} is a zombie: it has ended, and its parent, process {os.getpid()},", result.stderr)
        finally:
            child.wait()

    def test_of_a_process_that_becomes_a_zombie(self):
        child = subprocess.Popen(["sleep", "600"])
        try:
            with Running(KYMO, "monitor", str(child.pid), "--rate", "10") as watching:
                watching.wait_for(lambda: len(watching.out().splitlines()) >= 3, "lines")
                child.kill()
                self.assertEqual(watching.process.wait(30), 0)
                self.assertIn(f"it ended and is a zombie: its parent, process {os.getpid()}, has not waited for it", watching.out())
        finally:
            child.wait()

    def test_leaves_a_process_that_it_did_not_start_alone(self):
        child = subprocess.Popen(["sleep", "600"])
        try:
            for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                with Running(KYMO, "monitor", "--rate", "10", str(child.pid)) as watching:
                    watching.wait_for(lambda: len(watching.out().splitlines()) >= 2, "lines")
                    code, _ = watching.end(how)
                    self.assertEqual(code, 0)
                    self.assertIn("interrupted; it goes on", watching.out())
            result = run_kymo("monitor", "--rate", "5", str(child.pid), "--duration=300ms", "--plain")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("the time was over; it goes on", result.stdout)
            self.assertIsNone(child.poll())
        finally:
            child.kill()
            child.wait()

    def test_hands_a_signal_on_to_its_command(self):
        program = ["sh", "-c", "trap 'echo told; exit 9' TERM; echo ready; while :; do sleep 0.05; done"]
        with Running(KYMO, "monitor", "--", *program) as watching:
            watching.wait_for(lambda: "ready" in watching.err(), "the command")
            self.assertEqual(watching.end(signal.SIGTERM)[0], 9)
            self.assertIn("told", watching.err())
            self.assertIn("interrupted, and it was ended", watching.out())

    def test_kills_a_command_that_does_not_end_at_a_second_signal(self):
        program = ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done"]
        with Running(KYMO, "monitor", "--", *program) as watching:
            pid = watching.wait_for(lambda: watching.err().strip(), "the command")
            watching.process.send_signal(signal.SIGTERM)
            # How long until the first one was seen is for the machine to say.
            deadline = time.monotonic() + 30
            while watching.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
                watching.process.send_signal(signal.SIGTERM)
            self.assertEqual(watching.process.wait(), 128 + signal.SIGKILL)
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_leaves_processes_alone_that_were_there_before(self):
        program = f"sleep 300 >/dev/null 2>&1 & echo $!; exec {KYMO} monitor --tree --quiet --duration 300ms --rate 5 -- sleep 100"
        result = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60)
        other = int(result.stdout.split()[0])
        try:
            os.kill(other, 0)
            self.assertEqual(result.returncode, 0, result.stderr)
        finally:
            os.kill(other, signal.SIGKILL)

    def test_nohup_holds_for_the_command(self):
        program = ["nohup", KYMO, "monitor", "--json", "--", "grep", "-E", "^SigIgn", "/proc/self/status"]
        result = subprocess.run(program, capture_output=True, text=True, timeout=60)
        mask = int(re.search(r"SigIgn:\t(\w+)", result.stderr).group(1), 16)
        self.assertTrue(mask & 1 << signal.SIGHUP - 1, result.stderr)
        self.assertFalse(mask & 1 << signal.SIGPIPE - 1, result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root may become another user")
    def test_says_that_it_may_not_end_a_command_of_another_user(self):
        # It takes root's rights itself, as a program with setuid may.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            python = os.path.join(folder, "python")
            output = os.path.join(folder, "output")
            shutil.copy(os.path.realpath(sys.executable), python)
            os.chmod(python, 0o4755)
            program = "import os, time; os.setuid(0); print(os.getpid(), flush=True); time.sleep(100)"
            result = subprocess.run(
                [KYMO, "monitor", "--quiet", "--duration=3s", "--output", output, "--", python, "-c", program],
                user=65534, group=65534, extra_groups=[], capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            pid = int(Path(output).read_text())
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("the command runs as another user and cannot be ended by this one", result.stderr)

    def test_the_command_has_the_signals_of_a_shell(self):
        result = run_kymo("monitor", "--json", "--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
        masks = [int(mask, 16) for mask in re.findall(r"Sig\w+:\t(\w+)", result.stderr)]
        of_glibc = 3 << 31  # signals 32 and 33, which posix_spawn leaves ignored
        self.assertEqual([mask & ~of_glibc for mask in masks], [0, 0])


class Mistakes(unittest.TestCase):
    def check(self, arguments, code, *texts):
        result = run_kymo("monitor", *arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_are_told_with_a_remedy(self):
        self.check([], 2, "monitor: no process is named; expected a pid", "kymo monitor -- ./server")
        self.check(["--"], 2, "no process is named")
        self.check(["0"], 2, '"0" is no pid; `ps -e` lists')
        self.check(["99999999999"], 2, "is no pid")
        self.check(["4194303"], 1, "there is no process 4194303 here; `ps -e` lists them")
        self.check(["123", "abc"], 2, '"abc" stands behind a pid, where only options may')
        self.check(["123", "--json", "--", "true"], 2, '"--" stands behind a pid')
        self.check(["123", "--rat", "5"], 2, '"--rat" is no option; did you mean --rate?')
        self.check(["123", "--duration", "5x"], 2, '"5x" is no time')
        self.check(["--fail-on-undecided", "1"], 2, "--fail-on-undecided: nothing is to be decided; expected --fail-on beside it")
        self.check(["--rat", "5", "1"], 2, '"--rat" is no option; did you mean --rate?')
        self.check(["--rate", "50", "1"], 2, 'monitor: --rate: "50" is no rate; expected 1 to 10')
        self.check(["--rate", "nan", "1"], 2, "is no rate")
        self.check(["--duration", "5x", "1"], 2, '"5x" is no time; expected 100ms to 720h')
        self.check(["--fail-on", "leek", "1"], 2, '--fail-on: "leek" is no issue', "did you mean leak?")
        self.check(["--output", "x", "1"], 2, "--output is for what a command writes")
        self.check(["--output", "/nowhere/x", "--", "true"], 1, "/nowhere/x: cannot be written: No such file")
        self.check(["no-such-program"], 1, 'cannot start "no-such-program": No such file', "is it in PATH")
        self.check(["/"], 1, 'cannot start "/": Permission denied', "chmod")

    def test_options_behind_the_command_are_its_own(self):
        result = run_kymo("monitor", "--json", "sh", "-c", "echo $0 $1", "--rate", "--json")
        self.assertEqual(result.stderr, "--rate --json\n")

    def test_help(self):
        result = run_kymo("monitor", "--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for option in ("--rate", "--duration", "--tree", "--fail-on", "--json", "--output", "--plain"):
            self.assertIn(option, result.stdout)

    @unittest.skipUnless(os.getuid() == 0, "only root may become somebody else")
    def test_what_is_kept_from_the_user_is_not_known(self):
        child = subprocess.Popen(["sleep", "600"])
        try:
            result = subprocess.run(
                [KYMO, "monitor", "--duration", "300ms", "--fail-on", "fd,fds>1", str(child.pid)], capture_output=True,
                text=True, user=65534, group=65534, extra_groups=[], timeout=30, env=clean_environment(),
            )
            if result.returncode == 126 or "Permission denied" in result.stderr:
                self.skipTest("nobody may not run what is built here")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stdout, r"Unknown on this system .*Memory \(PSS\), Open files, Read")
            self.assertIn("NOT JUDGED fds>1: unknown on this system", result.stdout)
        finally:
            child.kill()
            child.wait()


class OnATerminal(unittest.TestCase):
    def test_shows_a_screen_and_then_the_report(self):
        with Terminal(KYMO, "monitor", "--rate", "10", *python("print('hello from within')\n" + STEADY), columns=110) as terminal:
            terminal.wait_for_text("kymo monitor", "CPU", "Memory (RSS)", "Threads", "Open files", "now", "q ends the watch")
            terminal.resize(80, 20)
            terminal.wait_for(lambda _: "q ends" in terminal.screen.display[19], "a footer in the last row")
            terminal.resize(40, 5)
            terminal.wait_for_text("needs at least 50x8")
            terminal.resize(110, 24)
            terminal.wait_for(lambda screen: int(re.search(r"(\d+) readings", screen)[1]) > 15 if re.search(r"(\d+) readings", screen) else False, "readings")
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 128 + signal.SIGTERM)
            self.assertEqual(terminal.settings_now(), terminal.before)
            self.assertIn(b"interrupted, and it was ended", terminal.raw)

    def test_holds_the_commands_output_until_there_is_room(self):
        program = "import sys, time\nprint('first line\\x1b[2Jx', flush=True)\ntime.sleep(3)\nprint('last line', flush=True)\ntime.sleep(1)\nsys.exit(5)"
        with Terminal(KYMO, "monitor", "--rate", "10", *python(program)) as terminal:
            terminal.wait_for_text("Output", "first line^[[2Jx")
            terminal.wait_for_text("last line")
            self.assertEqual(terminal.wait_for_end(), 5)
            self.assertIn(b"it ended with exit code 5", terminal.raw)
            self.assertEqual(terminal.settings_now(), terminal.before)

    def test_ctrl_c_reaches_the_command_once(self):
        program = (
            "import signal, sys, time\ntold = []\nsignal.signal(signal.SIGINT, lambda *_: told.append(1))\n"
            "print('ready', flush=True)\nwhile not told: time.sleep(0.01)\ntime.sleep(0.5)\nsys.exit(40 + len(told))"
        )
        with Terminal(KYMO, "monitor", "--rate", "10", *python(program)) as terminal:
            terminal.wait_for_text("Output", "ready")
            terminal.press("\x03")
            self.assertEqual(terminal.wait_for_end(), 41)

    def test_of_a_process_is_left_with_q(self):
        child = subprocess.Popen([PYTHON, "-c", LEAKS])
        try:
            with Terminal(KYMO, "monitor", "--rate", "10", str(child.pid), TERM="vt100", LANG="C") as terminal:
                terminal.wait_for_text("leak", "memory grows steadily")
                self.assertTrue(all(byte < 0x80 for byte in terminal.raw))
                terminal.press("\x1a")
                terminal.wait_for_stop()
                self.assertEqual(terminal.settings_now(), terminal.before)
                os.kill(terminal.pid, signal.SIGCONT)
                terminal.screen.reset()
                terminal.wait_for_text("kymo monitor", "memory grows steadily")
                terminal.press("q")
                self.assertEqual(terminal.wait_for_end(), 0)
                self.assertIsNone(child.poll())
        finally:
            child.kill()
            child.wait()

    def test_lines_where_the_terminal_is_not_known(self):
        with Terminal(KYMO, "monitor", "--", "true", TERM="no-such-terminal") as terminal:
            code = terminal.wait_for_end()
        if code != 0:  # unless it was over before a screen was needed
            self.assertIn(b"unknown here; try TERM=xterm, or --plain for plain text", terminal.raw)
        with Terminal(KYMO, "monitor", "--plain", "--", "sleep", "1", TERM="no-such-terminal") as terminal:
            self.assertEqual(terminal.wait_for_end(), 0)


if __name__ == "__main__":
    unittest.main()
