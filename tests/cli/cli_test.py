"""The program's command line: help, mistakes, settings from every source, beginning and end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from kymo_process import KYMO, PROMPT_S, Serve, clean_environment, eventually, get, listening_socket, run_kymo  # noqa: E402


class Help(unittest.TestCase):
    def test_lists_the_commands(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            result = run_kymo(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("\n  serve ", result.stdout)
            self.assertIn("\n  version ", result.stdout)

    def test_without_a_command_goes_to_standard_error(self):
        result = run_kymo()
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("Usage: kymo COMMAND", result.stderr)

    def test_of_serve_names_every_setting(self):
        text = run_kymo("serve", "--help").stdout
        printed = run_kymo("serve", "--print-config").stdout
        settings = re.findall(r"^ *(\w+): .*  # default$", printed, re.MULTILINE)
        self.assertGreater(len(settings), 10)
        for leaf in settings:
            self.assertRegex(text, r"--(\w+\.)?%s\b" % leaf.replace("_", "-"))

    def test_says_once_how_a_command_is_called(self):
        for command, usage in (("top", ["Usage: kymo top [OPTIONS]"]), ("probe", ["Usage: kymo probe [OPTIONS] TARGET…"]),
                               ("monitor", ["Usage: kymo monitor [OPTIONS] PID [OPTIONS]", "       kymo monitor [OPTIONS] [--] COMMAND [ARGS…]"])):
            text = run_kymo(command, "--help").stdout
            self.assertEqual([line for line in text.splitlines() if re.match(rf"^(Usage:)? +kymo {command}\b", line)], usage)
            self.assertNotIn("\n\n\n", text)
            self.assertEqual(run_kymo("help", command).stdout, text)

    def test_version(self):
        for arguments in (["version"], ["--version"]):
            result = run_kymo(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stdout, r"^kymo \d+\.\d+\.\d+\n$")


class Scripts(unittest.TestCase):
    SCRIPT = "load 1m\n  x 1 2 3\n\neval instant at 2m x + 1\n  {} %d\n"

    def run_script(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".test") as file:
            file.write(text)
            file.flush()
            result = run_kymo("test", "promql", file.name)
            return result.returncode, result.stdout.replace(file.name, "FILE"), result.stderr.replace(file.name, "FILE")

    def test_that_pass(self):
        self.assertEqual(self.run_script(self.SCRIPT % 4), (0, "FILE: 1 of 1 evals passed\n", ""))

    def test_that_fail_name_line_query_and_results(self):
        code, out, err = self.run_script(self.SCRIPT % 5)
        self.assertEqual((code, err), (1, ""))
        self.assertEqual(out, "FILE:4: x + 1\n  expected 5, got {} 4@120000\nFILE: 0 of 1 evals passed\n")

    def test_that_are_malformed(self):
        self.assertEqual(self.run_script("lead 1m\n"),
                         (2, "", 'kymo: test: FILE: line 1: unknown command "lead"; use load, clear or eval\n'))

    def test_of_an_unknown_kind(self):
        result = run_kymo("test", "sql", "x")
        self.assertEqual((result.returncode, result.stderr), (2, 'kymo: test: "sql" is no kind of tests; expected promql or rules\n'))


class Mistakes(unittest.TestCase):
    def check(self, arguments, *lines, **environment):
        result = run_kymo(*arguments, **environment)
        self.assertEqual(result.stderr.splitlines(), list(lines))
        self.assertEqual((result.returncode, result.stdout), (2, ""))

    def test_a_command_that_is_none(self):
        self.check(["serv"], 'kymo: "serv" is no command; did you mean "serve"?')
        self.check(["bananas"], 'kymo: "bananas" is no command; `kymo --help` lists them')
        self.check(["a\x1b[31m\n"], 'kymo: "a\\x1b[31m\\n" is no command; `kymo --help` lists them')

    def test_an_option_that_is_none(self):
        self.check(
            ["serve", "--lisen", "127.0.0.1:1"],
            'kymo: serve: "--lisen" is no option; did you mean --listen?',
            'kymo: serve: "127.0.0.1:1" is no option; `kymo serve --help` lists them',
        )
        self.check(["serve", "--http.thread=1"], 'kymo: serve: "--http.thread" is no option; did you mean --http.threads?')

    def test_an_option_without_value_or_twice(self):
        self.check(["serve", "--listen"], "kymo: serve: --listen: expected once, with one value")
        self.check(["serve", "--listen", "a:1", "--listen", "b:1"], "kymo: serve: --listen: expected once, with one value")

    def test_an_empty_value_is_that_and_takes_no_other(self):
        for empty in ("--log.file=", "--web.token-file=", "--web.trusted-proxies=", "--probe.responder=", "--probe-responder=", "--targets=", "--config="):
            result = run_kymo("serve", empty, "--print-config", KYMO_LOG_FILE="")
            self.assertEqual((result.returncode, result.stderr), (0, ""), empty)
            self.assertNotIn("--print-config", result.stdout)
            self.assertNotIn("9465", result.stdout, empty)
        self.check(["serve", "--listen=", "--log.level=debug", "--print-config"], 'kymo: --listen: "" is no address to listen on: it has no port; write it as 127.0.0.1:9464, [::1]:9464 or localhost:9464')
        self.check(["probe", "--interval=", "udp://127.0.0.1"], 'kymo: probe: --interval: "" is no time; expected 2ms to 3600s, such as 500ms')
        self.check(["serve", "--lisen=", "--print-config"], 'kymo: serve: "--lisen" is no option; did you mean --listen?')

    def test_a_folder_in_place_of_a_token_is_named(self):
        result = run_kymo("top", "--once", "--url", "http://127.0.0.1:1", "--token-file", tempfile.gettempdir())
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"kymo: {tempfile.gettempdir()}: cannot be read; expected a file with the server's token\n")

    def test_all_wrong_settings_are_told_at_once(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "kymo.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("# a comment\nlisten: 127.0.0.1:0\nhttp:\n  threads: 0\n  thread: 1\n")
            self.check(
                ["serve", "--config", path, "--tick-interval", "5"],
                f'kymo: {path}:4: http.threads: "0" is too small; expected a number from 1 to 64',
                f"kymo: {path}:5: http.thread is no setting; did you mean http.threads?",
                'kymo: environment KYMO_LOG_LEVEL: "loud" is not one of the choices;'
                " expected one of debug, info, warning, error, off",
                'kymo: --tick-interval: "5" has no unit; expected a duration from 100ms to 1h',
                KYMO_LOG_LEVEL="loud",
            )

    def test_an_address_without_port(self):
        result = run_kymo("serve", "--listen", "127.0.0.1")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r'^kymo: --listen: "127\.0\.0\.1" .*no port')

    def test_a_file_that_cannot_be_read(self):
        self.check(["serve", "--config", "/nowhere"], "kymo: /nowhere: cannot be opened: No such file or directory")
        self.check(["serve"], "kymo: /: is a directory, not a file", KYMO_CONFIG="/")


class PrintConfig(unittest.TestCase):
    def test_names_sources_and_is_a_file_itself(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "kymo.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("http:\n  threads: 3\n")
            first = run_kymo(
                "serve", "--config", path, "--listen", "127.0.0.1:1", "--print-config", KYMO_TICK_INTERVAL="2s"
            )
            self.assertEqual((first.returncode, first.stderr), (0, ""))
            self.assertIn('listen: "127.0.0.1:1"  # --listen\n', first.stdout)
            self.assertIn("tick_interval: 2s  # environment KYMO_TICK_INTERVAL\n", first.stdout)
            self.assertIn(f"threads: 3  # {path}:2\n", first.stdout)
            self.assertIn('level: "info"  # default\n', first.stdout)
            with open(path, "w", encoding="utf-8") as file:
                file.write(first.stdout)
            second = run_kymo("serve", "--config", path, "--print-config")
            self.assertEqual((second.returncode, second.stderr), (0, ""))
            values = [[l.split("  # ")[0] for l in r.stdout.splitlines()] for r in (first, second)]
            self.assertEqual(*values)


class Serving(unittest.TestCase):
    def test_tells_in_one_line_where_and_ends_on_either_signal(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with Serve() as serve:
                url = serve.url()
                self.assertEqual(get(url + "/healthz")[0], 200)
                self.assertEqual(len(serve.out().splitlines()), 1)
                code, seconds = serve.end(how)
                self.assertEqual((code, serve.err()), (0, ""))
                self.assertLess(seconds, PROMPT_S)

    def test_ends_on_a_signal_before_it_serves(self):
        with listening_socket() as (_, address), Serve(listen=address) as serve:
            serve.wait_for(lambda: address in serve.err(), "the message about the taken port")
            self.assertEqual(serve.end()[0], 0)
            self.assertEqual(serve.out(), "")

    def test_a_variable_that_is_no_setting_is_told_once(self):
        with Serve("--log.format", "json", KYMO_LISTN="x") as serve:
            serve.url()
            self.assertEqual(len(serve.err().splitlines()), 1)
            self.assertIn("environment KYMO_LISTN is no setting and has no effect; did you mean KYMO_LISTEN?", serve.err())

    def test_logs_to_a_file_in_place_of_standard_error(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "kymo.log")
            with Serve("--log.file", path, "--log.format", "json", KYMO_LISTN="x") as serve:
                serve.url()
                self.assertEqual(serve.end()[0], 0)
                self.assertEqual(serve.err(), "")
            with open(path, encoding="utf-8") as file:
                events = [json.loads(line) for line in file]
            self.assertIn("KYMO_LISTN is no setting", events[0]["message"])

    def test_a_file_that_cannot_be_logged_to_ends_the_start(self):
        result = run_kymo("serve", "--log.file", "/not/there/kymo.log")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--log.file: folder /not/there does not exist; make it first", result.stderr)

    def test_goes_on_when_nobody_reads_its_output(self):
        reader, writer = os.pipe()
        os.close(reader)
        with listening_socket() as (holder, address):
            command = [KYMO, "serve", "--listen", address]
            process = subprocess.Popen(command, stdout=writer, stderr=writer, env=clean_environment())
            os.close(writer)
            try:
                holder.close()
                eventually(lambda: get(f"http://{address}/readyz")[0] == 200, "/readyz", process)
                process.terminate()
                self.assertEqual(process.wait(30), 0)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def test_tells_a_service_manager_when_it_is_ready_and_when_it_ends(self):
        with tempfile.TemporaryDirectory() as directory:
            for path in (os.path.join(directory, "notify"), "\0kymo-test-%d" % os.getpid()):
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                    manager.bind(path)
                    manager.settimeout(30)
                    with Serve(NOTIFY_SOCKET=path.replace("\0", "@")) as serve:
                        self.assertEqual(manager.recv(100), b"READY=1")
                        self.assertEqual(get(serve.url() + "/readyz")[0], 200)
                        self.assertEqual(serve.end()[0], 0)
                        self.assertEqual(manager.recv(100), b"STOPPING=1")

    def test_tells_a_service_manager_that_watches_that_it_serves(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(directory, "notify")
            manager.bind(path)
            manager.settimeout(30)
            with Serve(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000") as serve:
                self.assertEqual([manager.recv(100) for _ in range(3)], [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"])
                self.assertEqual(serve.end()[0], 0)
            with Serve(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000", WATCHDOG_PID="1") as serve:
                while (state := manager.recv(100)) == b"WATCHDOG=1" or state == b"STOPPING=1":
                    pass
                self.assertEqual(state, b"READY=1")
                self.assertEqual(serve.end()[0], 0)
                self.assertEqual(manager.recv(100), b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
