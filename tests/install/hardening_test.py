"""The programs and libraries of an optimized build have the protections that compiler and linker offer, read with readelf."""

import json
import platform
import re
import subprocess
import sys
import unittest
from pathlib import Path

BUILD = Path(sys.argv.pop(1))


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


class Programs(unittest.TestCase):
    def setUp(self):
        names = ("kymo", "voice_server", "voice_client", "lan_party")  # the examples are an option
        self.programs = [BUILD / "bin" / name for name in names if (BUILD / "bin" / name).exists()]
        self.assertIn(BUILD / "bin" / "kymo", self.programs)

    def expect_tag(self, program, tag):
        lines = [line for line in readelf("--dynamic", program).splitlines() if "FLAGS" in line or "BIND_NOW" in line]
        self.assertTrue(any(re.search(tag, line) for line in lines), f"{program.name}: no {tag} in {lines}")

    def test_they_are_loaded_at_random_addresses(self):
        for program in self.programs:
            self.assertRegex(readelf("--file-header", program), r"Type:\s+DYN")
            self.expect_tag(program, r"FLAGS_1.*\bPIE\b")

    def test_tables_of_addresses_are_read_only_once_it_runs(self):
        for program in self.programs:
            self.assertIn("GNU_RELRO", readelf("--segments", program))
            self.expect_tag(program, r"BIND_NOW|FLAGS_1.*\bNOW\b")

    def test_no_memory_is_both_written_and_run(self):
        for program in self.programs:
            segments = re.findall(r"^\s+(LOAD|GNU_STACK|GNU_RELRO)(?:\s+0x\w+){5} ([RWE ]{3})", readelf("--segments", program), re.M)
            self.assertIn("GNU_STACK", {name for name, _ in segments})
            self.assertEqual([flags for _, flags in segments if "W" in flags and "E" in flags], [], program.name)

    def test_no_relocation_writes_into_code(self):
        for program in self.programs:
            self.assertNotIn("TEXTREL", readelf("--dynamic", program))

    def test_buffers_and_stacks_are_checked(self):
        for program in self.programs:
            imported = set(re.findall(r"\bUND (\w+)@", readelf("--dyn-syms", program)))
            self.assertIn("__stack_chk_fail", imported)
            self.assertTrue([name for name in imported if re.fullmatch(r"__\w+_chk", name)], program.name)


class Libraries(unittest.TestCase):
    def test_every_object_of_every_layer_has_them(self):
        archives = sorted(BUILD.glob("src/*/libkymo_*.a"))
        self.assertGreater(len(archives), 8)
        for archive in archives:
            if platform.machine() == "x86_64":
                parts = [part for part in re.split(r"^File: ", readelf("--notes", archive), flags=re.M) if part.strip()]
                self.assertEqual([part.splitlines()[0] for part in parts if "IBT, SHSTK" not in part], [])
            stacks = re.findall(r"\.note\.GNU-stack\s.*", readelf("--section-headers", archive))
            self.assertEqual([line for line in stacks if re.search(r"\sX\s", line)], [])

    def test_buffers_are_checked_where_only_a_run_knows_their_size(self):
        # The functions called are those of level 2, too.
        commands = [entry["command"] for entry in json.loads((BUILD / "compile_commands.json").read_text())
                    if f"{BUILD}/src/" in entry["file"] or "/src/" in entry["command"].split(" -c ")[-1]]
        self.assertGreater(len(commands), 30)
        self.assertEqual([command for command in commands if not command.split().count("-D_FORTIFY_SOURCE=3")], [])

    def test_their_stacks_are_checked(self):
        for layer in ("core", "net", "live", "monitor"):
            self.assertIn("__stack_chk_fail", readelf("--symbols", BUILD / "src" / layer / f"libkymo_{layer}.a").split(), layer)


if __name__ == "__main__":
    unittest.main()
