"""What a user's hot file includes stays cheap: at most 3 000 lines beyond <atomic>, which it can hardly do without."""

import subprocess
import sys
import unittest

INCLUDE = sys.argv.pop(1)
BUDGET = 3000


def preprocessed_lines(header):
    command = ["clang++-19", "-std=c++20", f"-I{INCLUDE}", "-E", "-P", "-x", "c++", "-"]
    text = subprocess.run(command, input=f"#include <{header}>\n", capture_output=True, text=True, check=True).stdout
    return len(text.splitlines())


class HeaderWeight(unittest.TestCase):
    def test_instruments_cost_little_more_than_atomic(self):
        limit = preprocessed_lines("atomic") + BUDGET
        for name in ("counter", "gauge", "histogram"):
            with self.subTest(name):
                self.assertLessEqual(preprocessed_lines(f"kymo/core/{name}.h"), limit)


if __name__ == "__main__":
    unittest.main()
