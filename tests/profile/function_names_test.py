"""The names of functions are right whichever compiler writes them: the same program, built with each."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1))
FILES = [SOURCE / "tests/profile/function_names.cc", SOURCE / "tests/profile/function_names_templates.cc",
         SOURCE / "src/profile/function_name.cc"]


class FunctionNames(unittest.TestCase):
    def test_each_compiler_is_understood(self):
        for compiler in ("g++", "clang++-19"):
            with self.subTest(compiler=compiler), tempfile.TemporaryDirectory(prefix="kymo_names_") as folder:
                program = Path(folder) / "names"
                built = subprocess.run([compiler, "-std=c++20", "-I", SOURCE / "src/profile", "-I", SOURCE / "include", "-I",
                                        SOURCE / "internal", *FILES, "-o", program],
                                       capture_output=True, text=True)
                self.assertEqual(built.returncode, 0, built.stderr[:4000])
                told = subprocess.run([program], capture_output=True, text=True)
                self.assertEqual(told.returncode, 0, told.stdout)
                self.assertRegex(told.stdout, r"^\d\d\d forms, 0 wrong\n$")


if __name__ == "__main__":
    unittest.main()
