"""What the types forbid: each program compiles without its bad line, and with it fails for the reason that is expected."""

import re
import subprocess
import sys
import unittest

INCLUDE = sys.argv.pop(1)

PROGRAM = """
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>
enum class Plain {{ a }};
enum class Method {{ get }};
std::string_view label_value(Method) {{ return "GET"; }}
void use(kymo::Registry& registry) {{
  auto requests = registry.family<kymo::Counter, "method", "code">("http.requests", "Requests.");
  auto durations = registry.family<kymo::Timing, "method">("http.duration", "Durations.");
  kymo::Counter counter = requests.with(Method::get, 200);
  kymo::Timing timing = durations.with("GET");
  static_cast<void>(counter), static_cast<void>(timing);
  {line}
}}
"""

NOT_FOR_THESE = r"constraints not satisfied|no matching function"
GOOD = ["requests.with(std::string(\"GET\"), true).add();", "counter.add(3);", "kymo::ScopedTimer timer(timing);"]
BAD = {
    "one label too few": ('requests.with("GET");', NOT_FOR_THESE),
    "one label too many": ('requests.with("GET", 200, "x");', NOT_FOR_THESE),
    "no text as a label": ('requests.with("GET", nullptr);', NOT_FOR_THESE),
    "no text as a value by key": ('registry.family<kymo::Counter>("x", "X.").with({{"k", nullptr}});', "deleted|no matching function"),
    "no text as a name": ('registry.counter(nullptr, "X.");', "deleted"),
    "a fraction as a label": ('requests.with("GET", 2.5);', NOT_FOR_THESE),
    "a pointer as a label": ('requests.with("GET", &counter);', NOT_FOR_THESE),
    "an enum nobody named": ('requests.with("GET", Plain::a);', NOT_FOR_THESE),
    "other keys": ('decltype(requests) other = registry.family<kymo::Counter, "code", "method">("x", "X.");', "conversion"),
    "a fraction in a whole counter": ("counter.add(1.5);", "deleted"),
    "a timer on a temporary": ('kymo::ScopedTimer timer(durations.with("GET"));', "deleted"),
}


def compile_with(line):
    command = ["g++", "-std=c++20", f"-I{INCLUDE}", "-fsyntax-only", "-x", "c++", "-"]
    return subprocess.run(command, input=PROGRAM.format(line=line), capture_output=True, text=True)


class CompileFail(unittest.TestCase):
    def test_good_lines_compile(self):
        for line in ["", *GOOD]:
            with self.subTest(line):
                result = compile_with(line)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_bad_lines_do_not(self):
        for what, (line, reason) in BAD.items():
            with self.subTest(what):
                result = compile_with(line)
                self.assertNotEqual(result.returncode, 0, f"compiles: {line}")
                self.assertRegex(result.stderr, re.compile(reason))


if __name__ == "__main__":
    unittest.main()
