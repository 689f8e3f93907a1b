"""Each rule of tools/style goes red on what it forbids, and stays green on what it allows."""

import importlib.machinery
import importlib.util
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "style"
loader = importlib.machinery.SourceFileLoader("style", str(TOOL))
style = importlib.util.module_from_spec(importlib.util.spec_from_loader("style", loader))
loader.exec_module(style)


def messages(path, text):
    return [f"{line}: {message}" for line, message in style.check(path, text)]


class Style(unittest.TestCase):
    def assert_red(self, path, text, expected):
        found = messages(path, text)
        self.assertTrue(any(expected in message for message in found), f"{path}: {found}")

    def assert_green(self, path, text):
        self.assertEqual(messages(path, text), [])

    def test_includes_point_down(self):
        self.assert_red("src/core/a.cc", "#include <kymo/net/uri.h>\n", "1: core includes net")
        self.assert_red("src/format/a.cc", "#include <kymo/live/route.h>\n", "format includes live")
        self.assert_red("include/kymo/net/a.h", "#pragma once\n#include <kymo/core/counter.h>\n", "2: net includes core")
        self.assert_red("src/packs/a.cc", "#include <kymo/system/a.h>\n", "packs includes system")
        self.assert_red("src/newcomer/a.cc", "\n", "unknown layer newcomer")
        self.assert_green("src/live/a.cc", "#include <kymo/net/uri.h>\n#include <kymo/core/counter.h>\n")
        self.assert_green("src/monitor/a.cc", "#include <kymo/live/route.h>\n")
        self.assert_red("internal/kymo/core/a.h", "#pragma once\n#include <kymo/net/uri.h>\n", "core includes net")

    def test_nobody_includes_what_is_not_for_him(self):
        self.assert_red("src/probe/a.cc", '#include "src/net/session.h"\n', "move that header to internal/kymo/net/session.h")
        self.assert_red("include/kymo/live/a.h", "#pragma once\n#include <kymo/base/utf8.h>\n", "not installed")
        self.assert_green("src/net/a.cc", '#include "src/net/session.h"\n#include <kymo/base/utf8.h>\n')

    def test_all_of_kymo_is_in_the_namespace_of_its_interface(self):
        self.assert_red("src/net/a.cc", '#include "a.h"\nnamespace kymo::net {\n}\n', "outside that of the binary interface")
        self.assert_red("src/net/a.h", "#pragma once\nnamespace kymo::KYMO_ABI::net {\n}\n", "include <kymo/version.h>")
        self.assert_green("src/net/a.h", '#pragma once\n#include "b.h"\nnamespace kymo::KYMO_ABI::net {\n}\n')

    def test_a_layer_links_what_it_may_include(self):
        self.assert_red("src/net/CMakeLists.txt", "kymo_add_layer(net\n  LINK kymo::core)\n", "2: net links core")
        self.assert_green("src/net/CMakeLists.txt", "kymo_add_layer(net\n  LINK kymo::base)\n")
        self.assert_red("src/CMakeLists.txt", "foreach(layer core base)\n", "another order")
        self.assert_green("src/CMakeLists.txt", "foreach(layer base core)\n  add_subdirectory(${layer})\n")

    def test_libraries_stay_where_they_belong(self):
        self.assert_red("src/core/a.cc", "#include <boost/asio.hpp>\n", "only net, probe may")
        self.assert_red("include/kymo/net/a.h", "#pragma once\n#include <boost/asio.hpp>\n", "public header")
        self.assert_red("src/system/a.cc", "#include <yaml-cpp/yaml.h>\n", "only alert, monitor may")
        self.assert_green("src/net/a.cc", "#include <boost/asio.hpp>\n")
        self.assert_green("include/kymo/log/spdlog.h", "#pragma once\n#include <spdlog/logger.h>\n")
        self.assert_red("include/kymo/log/logger.h", "#pragma once\n#include <spdlog/logger.h>\n", "public header")
        self.assert_red("include/kymo/log/spdlog.h", "#pragma once\n#include <zlib.h>\n", "public header")
        self.assert_red("src/cli/a.cc", "#include <kymo/log/spdlog.h>\n", "kymo itself does without")

    def test_functions_fit_a_screen(self):
        body = "".join(f"  work({i});\n" for i in range(69))
        self.assert_red("src/core/a.cc", "void f(int a) noexcept {\n" + body + "}\n", "1: a function of 71 lines")
        self.assert_red("src/core/a.cc", "auto C::f() const -> std::vector<int> {\n" + body + "}\n", "function of 71")
        self.assert_red("src/core/a.cc", "namespace a {\nclass B {\n  void f() {\n" + body + "  }\n};\n}\n", "3: a function")
        self.assert_green("src/core/a.cc", "void f() {\n" + body[: -len("  work(68);\n")] + "}\n")
        self.assert_green("src/core/a.cc", "namespace a {\n" + "void f() { work(); }\n" * 100 + "}\n")
        braces = 'void f() {\n  const char* open = "{";  // {\n  const char c = \'{\';\n}\n'
        self.assert_green("src/core/a.cc", braces * 30)

    def test_words_with_a_better_one(self):
        self.assert_red("src/net/a.cc", "std::regex r;\n", "RE2")
        self.assert_red("src/net/a.cc", "  sprintf(buffer, 1);\n", "std::to_chars")
        self.assert_red("src/core/a.cc", "  std::cerr << 1;\n", "does not print")
        self.assert_red("src/core/a.cc", "  std::abort();\n", "never ends its user's process")
        self.assert_red("src/core/a.h", "#pragma once\nusing namespace std;\n", "header")
        self.assert_red("src/core/a.cc", "// TODO: later\n", "open an issue")
        self.assert_red("docs/a.md", "# A\n\nSee /home/somebody/x\n", "somebody's machine")
        self.assert_green("src/cli/a.cc", "  std::cout << 1;\n")
        self.assert_green("src/core/a.cc", '  text = "std::regex"; snprintf_like(1);\n')

    def test_shape_of_files(self):
        self.assert_red("src/core/util.h", "#pragma once\n", "says nothing")
        self.assert_red("src/helpers/a.py", "\n", "says nothing")
        self.assert_red("src/core/a.h", "int a;\n", "#pragma once")
        self.assert_red("src/core/a.cc", "int a;\n" * 501, "501 lines")
        self.assert_red("src/core/a.cc", "int a;", "newline")
        self.assert_red("src/core/a.cc", "int a; \n", "blanks")
        self.assert_red("src/core/a.cc", "\tint a;\n", "tab")
        self.assert_red("docs/a.md", "text\n", "one title")
        self.assert_green("docs/a.md", "# Title\n\n```sh\n# a comment\n```\n")
        self.assert_green("tests/system/golden/odd", "no newline, a tab\t")


if __name__ == "__main__":
    unittest.main()
