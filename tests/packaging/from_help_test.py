"""Completions offer the options and values of `--help`, as bash and zsh themselves complete; help texts are read right."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1))
sys.path[:0] = [str(SOURCE / "tests" / "support"), str(SOURCE / "packaging" / "from_help")]
sys.dont_write_bytecode = True
from kymo_process import DEADLINE_S, KYMO, Serve, run_kymo  # noqa: E402
import program_help  # noqa: E402

HELP = """\
Does a thing.

Usage: kymo thing [OPTIONS] NAME

Options:
  -h,--help                   Print this help message and exit
  --at ADDRESS:PORT=127.0.0.1:1
                              Where; default 127.0.0.1:1.
  --one A=B ...               One of many.

Settings:
  --log.level                 The least event.
                              Expects one of low, high; default low; environment X.
  --quick=true                Whether it hurries.
                              Expects true or false; default false.
  --order KEY                 The order: by name, rate or value; default name.
"""


def setUpModule():
    global SHARE
    SHARE = Path(tempfile.mkdtemp(prefix="kymo_from_help_"))
    unittest.addModuleCleanup(shutil.rmtree, SHARE)
    subprocess.run([SOURCE / "packaging" / "from_help" / "write", "--manual", KYMO, SHARE, "site-functions"], check=True, capture_output=True)


class Reading(unittest.TestCase):
    def setUp(self):
        self.command = program_help.read_command("kymo thing", "do a thing", HELP)
        self.options = {option.names[-1]: option for option in self.command.options}

    def test_of_a_command(self):
        self.assertEqual((self.command.text, self.command.usages), ("Does a thing.", ["kymo thing [OPTIONS] NAME"]))
        self.assertEqual({group: len(options) for group, options in self.command.groups.items()}, {"Options": 3, "Settings": 3})

    def test_of_options(self):
        told = {name: (option.value, option.alone, option.repeats, option.choices) for name, option in self.options.items()}
        self.assertEqual(told, {
            "--help": ("", "", False, []),
            "--at": ("ADDRESS:PORT", "127.0.0.1:1", False, []),
            "--one": ("A=B", "", True, []),
            "--log.level": ("VALUE", "", False, ["low", "high"]),
            "--quick": ("VALUE", "true", False, ["true", "false"]),
            "--order": ("KEY", "", False, ["name", "rate", "value"]),
        })
        self.assertEqual(self.options["--help"].names, ["-h", "--help"])
        self.assertEqual(self.options["--log.level"].text, "The least event. Expects one of low, high; default low; environment X.")

    def test_a_help_without_usage_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no line that begins with"):
            program_help.read_command("kymo thing", "", "Does a thing.\n")


class Bash(unittest.TestCase):
    def offered(self, *words, **environment):
        """As bash calls it: the words of the line, the cursor in the last."""
        script = f'source "{SHARE}/bash-completion/completions/kymo"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kymo; printf "%s\\n" "${{COMPREPLY[@]}}"'
        result = subprocess.run(["bash", "--norc", "-c", script, "bash", "kymo", *words], capture_output=True, text=True, check=True,
                                env={**os.environ, "PATH": f"{Path(KYMO).parent.resolve()}:{os.environ['PATH']}", **environment})
        self.assertEqual(result.stderr, "")
        return result.stdout.split()

    def test_commands(self):
        commands = re.findall(r"^  (\w+) ", run_kymo("--help").stdout, re.MULTILINE)
        self.assertIn("serve", commands)
        self.assertEqual(self.offered(""), [*commands, "help", "--help", "--version"])
        self.assertEqual(self.offered("se"), ["serve"])
        self.assertEqual(self.offered("help", "se"), ["serve"])

    def test_every_option_of_every_command(self):
        for command in ("serve", "top", "query", "monitor", "probe", "bench", "history"):
            options = re.findall(r"^  (?:-\w,)?(--[\w.-]+)", run_kymo(command, "--help").stdout, re.MULTILINE)
            self.assertEqual([name for name in self.offered(command, "--") if name.startswith("--")], options)
        self.assertEqual(self.offered("serve", "--lis"), ["--listen"])

    def test_fixed_values_whether_behind_a_blank_or_a_sign(self):
        levels = ["debug", "info", "warning", "error", "off"]
        self.assertEqual(self.offered("serve", "--log.level", ""), levels)
        self.assertEqual(self.offered("serve", "--log.level", "="), levels)
        self.assertEqual(self.offered("serve", "--log.level", "=", "de"), ["debug"])
        self.assertEqual(self.offered("serve", "--log.level=de"), ["debug"])
        self.assertEqual(self.offered("serve", "--insecure", "t"), ["true"])
        self.assertEqual(self.offered("serve", "--insecure", "--lis"), ["--listen"])
        self.assertEqual(self.offered("top", "--sort", ""), ["name", "rate", "value"])
        self.assertIn("leak", self.offered("monitor", "--fail-on", ""))

    def test_nothing_where_nothing_is_known(self):
        self.assertEqual(self.offered("serve", "--listen", ""), [])
        self.assertEqual(self.offered("serve", "--config", "a"), [])  # bash itself offers files then
        self.assertEqual(self.offered("monitor", "--", "ls", "--"), [])

    def test_names_of_metrics_in_a_query(self):
        with Serve("--no-history") as server:
            listen = server.url().removeprefix("http://")
            server.wait_for(lambda: "kymo_build_info" in run_kymo("query", "--names", KYMO_LISTEN=listen).stdout, "a name")
            self.assertEqual(self.offered("query", "kymo_bui", KYMO_LISTEN=listen), ["kymo_build_info"])
            self.assertEqual(self.offered("query", "sum(kymo_bui", KYMO_LISTEN=listen), ["sum(kymo_build_info"])
        self.assertEqual(self.offered("query", "kymo_bui", KYMO_LISTEN="127.0.0.1:1"), [])

    def test_programs_that_may_be_watched(self):
        self.assertIn("bash", self.offered("monitor", "bas"))


class Zsh(unittest.TestCase):
    """A real one, at a terminal: a line is typed, and Tab pressed."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kymo_zsh_"))
        self.addCleanup(shutil.rmtree, self.folder)
        child, self.terminal = pty.fork()
        if child == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"})
        self.addCleanup(self.end, child)
        self.type(f"PS1=; unsetopt zle_bracketed_paste; fpath=({SHARE}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -D; echo re''ady\n", "ready")

    def end(self, child):
        os.close(self.terminal)
        os.waitpid(child, 0)

    def type(self, text, wanted):
        """Types it, and reads until that is shown."""
        os.write(self.terminal, text.encode())
        shown, deadline = "", time.monotonic() + DEADLINE_S
        while not re.search(wanted, shown):
            if not select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                self.fail(f"zsh did not show {wanted!r} but {shown!r}")
            shown += os.read(self.terminal, 4096).decode(errors="replace")
        return shown

    def test_it_parses(self):
        subprocess.run(["zsh", "-n", SHARE / "zsh" / "site-functions" / "_kymo"], check=True)

    def test_commands(self):
        self.type("kymo ser\t", r"kymo serve ")

    def test_options(self):
        self.type("kymo serve --lis\t", r"--listen")

    def test_fixed_values(self):
        self.type("kymo serve --log.level \t", r"debug\s+error\s+info\s+off\s+warning")

    def test_fixed_values_of_a_switch(self):
        self.type("kymo serve --insecure=t\t", r"--insecure=true")


if __name__ == "__main__":
    unittest.main()
