"""Every C++ sample of the documents compiles as it stands there, with the headers that its document names.

A sample speaks of things of its reader, such as `packet` or `type`: what they are is said here, by document and place. Where a
compiler finds fault, it names the document and the line.
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1))
STANDARD = ["chrono", "cstdint", "functional", "memory", "string", "string_view", "unordered_map", "vector"]

REGISTRY = "kymo::Registry registry;"
MONITOR = "kymo::Monitor monitor;"
TEXTS = "std::string type, model, voice, text, id, reason, peer, token, another, trace_id, traceparent;"

# What a sample takes for granted: before it in the same function, and (as `outside`) before that function.
GIVEN = {
    "README.md": [{"is_file": True}],
    "docs/guide/instrumenting.md": [
        {"before": REGISTRY},
        {"before": MONITOR + TEXTS + "double depth = 0;"},
        {"before": MONITOR + "auto to_my_log = [](std::string_view, std::span<const kymo::packs::LogField>) {}; std::string connection_id;",
         "headers": ["span"]},
        {"before": "", "is_file": True, "outside": REGISTRY + "bool project; bool known(std::string_view); bool process();"},
        {"before": REGISTRY + "struct { std::uint16_t sequence; } packet{};"},
        {"before": REGISTRY + TEXTS + "std::unordered_map<int, int> entries; auto found = entries.find(1);"},
        {"before": REGISTRY + TEXTS + "struct Call { std::string id() const { return {}; } } call; std::string packet;"},
        {"before": REGISTRY + TEXTS},
    ],
    "docs/guide/logging.md": [
        {"before": TEXTS},
        {"before": TEXTS},
        {"before": "boost::asio::io_context io; auto executor = io.get_executor(); int session = 0; using boost::asio::detached;",
         "outside": "boost::asio::awaitable<void> serve(int);",
         "headers": ["boost/asio/awaitable.hpp", "boost/asio/co_spawn.hpp", "boost/asio/detached.hpp", "boost/asio/io_context.hpp"]},
        {"before": TEXTS + "const kymo::log::Logger logger(nullptr);"},
        {"before": "", "headers": ["spdlog/spdlog.h"]},
    ],
    "docs/guide/opening.md": [{"before": TEXTS}],
    "docs/guide/peers.md": [
        {"before": "std::uint64_t sent = 0, received = 0;"},
        {"before": "kymo::peers::PeerTable peers;"},
    ],
    "docs/guide/probing.md": [{"before": ""}],
    "docs/guide/profiling.md": [{"is_file": True, "outside": "struct Room { void mix(); void resample(); };"}],
    "docs/reference/stream.md": [
        {"before": REGISTRY + TEXTS + "auto every_second = [](auto tick) { tick(); }; auto send = [](const kymo::packs::StreamMessage&) { return "
                   "kymo::packs::SendResult::sent; };"},
        {"before": REGISTRY + "kymo::packs::SessionStreams streams(registry); kymo::MonitorOptions options;"},
    ],
}


def samples(document):
    """(line, text) of each."""
    text = (SOURCE / document).read_text()
    for block in re.finditer(r"^```cpp\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, block.start(1)) + 1, block.group(1)


def translation_unit(document, given):
    """All samples of a document, their headers first; each in a namespace of its own."""
    headers, bodies = [f"#include <{name}>" for name in STANDARD], []
    for number, ((line, text), setting) in enumerate(zip(samples(document), given)):
        headers += [f"#include <{name}>" for name in setting.get("headers", [])]
        headers += re.findall(r"^#include .*", text, re.MULTILINE)
        code = f'#line {line} "{document}"\n' + re.sub(r"^#include .*", "", text, flags=re.MULTILINE)
        if not setting.get("is_file"):
            code = f"void sample() {{\n{setting.get('before', '')}\n{code}\n}}"
        bodies.append(f"namespace sample_{number} {{\nusing namespace std::chrono_literals;\n{setting.get('outside', '')}\n{code}\n}}\n")
    return "\n".join(headers + bodies)


class Samples(unittest.TestCase):
    def test_all_documents_are_known(self):
        found = {}
        for path in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
            name = str(path.relative_to(SOURCE))
            if count := sum(1 for _ in samples(name)):
                found[name] = count
        self.assertEqual(found, {name: len(given) for name, given in GIVEN.items()})

    def test_they_compile(self):
        with tempfile.TemporaryDirectory(prefix="kymo_samples_") as folder:
            for document, given in GIVEN.items():
                with self.subTest(document=document):
                    unit = Path(folder) / "sample.cc"
                    unit.write_text(translation_unit(document, given))
                    result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-I", SOURCE / "include", unit], capture_output=True, text=True)
                    self.assertEqual(result.returncode, 0, result.stderr[:4000])


if __name__ == "__main__":
    unittest.main()
