"""Every C++ sample of the documents and of the public headers compiles as it stands there, with the headers that it names.

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
    "docs/guide/alerts.md": [{"outside": "void shed_load(const std::string& alert);"}],
    "docs/guide/history.md": [{"before": ""}],
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
    "docs/guide/reading.md": [
        {"before": REGISTRY},
        {"before": REGISTRY, "headers": ["kymo/core/registry.h"]},
        {"before": REGISTRY, "headers": ["kymo/core/registry.h"]},
        {"before": REGISTRY, "headers": ["kymo/core/registry.h"]},
        {"before": REGISTRY, "headers": ["kymo/core/registry.h", "cstdio"]},
        {"is_file": True},
        {"before": "", "outside": "void write_lines(const kymo::Snapshot&, std::ostream&);", "headers": ["sstream"]},
        {"before": REGISTRY, "headers": ["kymo/core/registry.h", "kymo/format/json.h"]},
        {"before": ""},
        {"before": REGISTRY, "headers": ["kymo/core/collector.h", "kymo/core/registry.h", "cstdio"]},
    ],
    "docs/reference/stream.md": [
        {"before": REGISTRY + TEXTS + "auto every_second = [](auto tick) { tick(); }; auto send = [](const kymo::packs::StreamMessage&) { return "
                   "kymo::packs::SendResult::sent; };"},
        {"before": REGISTRY + "kymo::packs::SessionStreams streams(registry); kymo::MonitorOptions options;"},
        {"before": REGISTRY + TEXTS + "kymo::packs::SessionStreams streams(registry);", "headers": ["kymo/packs/stream_sessions.h"]},
    ],
}

SESSION = "std::string session, model, voice, packet;"
QUEUE = "std::vector<int> queue;"
LOG = ("namespace log = kymo::log; const log::Logger logger(nullptr); int id = 0; std::string address, peer;"
       "(void)id;")

# The same of the comments in public headers. A sample is what stands five blanks behind the slashes.
GIVEN_IN_HEADERS = {
    "core/collector.h": [{"before": REGISTRY + "kymo::Collector metrics(registry); std::string type; const auto elapsed = 1ms;"}],
    "core/family.h": [{"before": REGISTRY, "headers": ["kymo/core/registry.h"]}],
    "core/scoped_timer.h": [{"before": "struct { kymo::Timing handle_duration; } metrics;"}],
    "format/json.h": [{"is_code": False}],
    "log/context.h": [{"before": LOG}],
    "log/context_executor.h": [
        {"before": "namespace log = kymo::log; boost::asio::io_context io; auto executor = io.get_executor(); int session = 0;"
                   "using boost::asio::detached;",
         "outside": "boost::asio::awaitable<void> serve(int);",
         "headers": ["boost/asio/awaitable.hpp", "boost/asio/co_spawn.hpp", "boost/asio/detached.hpp", "boost/asio/io_context.hpp"]},
    ],
    "log/rate_limit.h": [{"before": LOG}, {"before": LOG}],
    "log/scope_timing.h": [{"before": LOG}],
    "log/spdlog.h": [{"before": "", "headers": ["kymo/monitor/monitor.h", "spdlog/spdlog.h"]}, {"before": ""}],
    "monitor/monitor.h": [{"before": ""}],
    "monitor/session_feed.h": [
        {"before": "kymo::MonitorOptions options;", "headers": ["kymo/monitor/monitor.h"]},
        {"before": REGISTRY + "kymo::packs::SessionStreams streams(registry); kymo::SessionFeed feed(registry, streams);"
                   "using kymo::packs::StreamMessage; const auto now = kymo::packs::StreamTime::now();"
                   "const auto my_transport_takes = [](const StreamMessage&) { return kymo::packs::SendResult::sent; };"},
    ],
    "monitor/session_routes.h": [{"before": "kymo::MonitorOptions options;"}],
    "packs/cache.h": [{"before": REGISTRY + "std::unordered_map<int, int> entries; auto found = entries.find(1);"}],
    "packs/events.h": [{"is_file": True, "outside": REGISTRY + "bool project; bool known(std::string_view); bool process();"}],
    "packs/http.h": [{"before": REGISTRY + SESSION}],
    "packs/llm.h": [{"before": REGISTRY + SESSION}],
    "packs/recording.h": [{"before": REGISTRY + QUEUE}],
    "packs/server.h": [{"before": MONITOR + "double seconds = 0;", "headers": ["kymo/monitor/monitor.h"]}],
    "packs/server_log.h": [
        {"before": "using kymo::packs::LogField; kymo::log::Sink sink; const auto now = std::chrono::system_clock::now();"
                   "kymo::packs::LogSink sample =",
         "behind": ";", "headers": ["kymo/log/record.h", "variant"]},
    ],
    "packs/stream_sessions.h": [
        {"before": REGISTRY + "std::string id; auto every_second = [](auto tick) { tick(); };"
                   "auto send = [](const kymo::packs::StreamMessage&) { return kymo::packs::SendResult::sent; };"},
    ],
    "packs/stt.h": [{"before": REGISTRY + SESSION}],
    "packs/tts.h": [{"before": REGISTRY + SESSION}],
    "packs/udp.h": [{"before": REGISTRY + "struct { std::uint16_t sequence; } packet{};"}],
    "packs/webrtc.h": [{"before": REGISTRY + SESSION}],
    "packs/websocket.h": [{"before": REGISTRY + "std::string text;"}],
    "peers/peer_table.h": [{"before": "std::uint64_t sent = 0, received = 0;"}],
    "peers/session_log.h": [{"before": "kymo::peers::PeerTable peers;"}],
    "probe/echo_responder.h": [{"before": ""}],
    "probe/prober.h": [{"before": ""}],
    "profile/profile.h": [{"is_file": True, "outside": "struct Room { void mix(); };"}],
    "system/system_collector.h": [{"before": REGISTRY, "headers": ["kymo/core/registry.h"]}],
}
# A Registration or a session that nobody keeps is gone at once: a sample that drops one shows nothing.
COMPILE = ["g++", "-std=c++20", "-fsyntax-only", "-Werror=unused-result", "-I", SOURCE / "include"]


def samples(document):
    """(line, text) of each."""
    if document.endswith(".h"):
        yield from header_samples(document)
        return
    text = (SOURCE / document).read_text()
    for block in re.finditer(r"^```cpp\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, block.start(1)) + 1, block.group(1)


def header_samples(document):
    """(line, text) of each. A line "…" stands for what is the reader's."""
    lines = (SOURCE / document).read_text().splitlines()
    sample = []
    for number, line in enumerate([*lines, ""], 1):
        comment = re.fullmatch(r"\s*///( {5}.*)?", line)
        if comment and (comment.group(1) or sample):
            sample.append((comment.group(1) or "")[5:])
        elif sample:
            yield number - len(sample), "\n".join(part for part in sample if part.strip() != "…") + "\n"
            sample = []


def samples_code(document, given):
    """Headers that the samples need, and the samples, each in a namespace of its own."""
    headers, bodies = [], []
    name = re.sub(r"\W", "_", document)
    for number, ((line, text), setting) in enumerate(zip(samples(document), given)):
        if not setting.get("is_code", True):
            continue
        headers += [f"#include <{header}>" for header in setting.get("headers", [])]
        headers += re.findall(r"^#include .*", text, re.MULTILINE)
        code = f'#line {line} "{document}"\n' + re.sub(r"^#include .*", "", text, flags=re.MULTILINE)
        if not setting.get("is_file"):
            code = f"void sample() {{\n{setting.get('before', '')}\n{code}{setting.get('behind', '')}\n}}"
        bodies.append(f"namespace sample_{name}_{number} {{\nusing namespace std::chrono_literals;\n{setting.get('outside', '')}\n{code}\n}}\n")
    return headers, bodies


class Samples(unittest.TestCase):
    def expect_compiled(self, headers, bodies):
        standard = [f"#include <{name}>" for name in STANDARD]
        with tempfile.TemporaryDirectory(prefix="kymo_samples_") as folder:
            unit = Path(folder) / "sample.cc"
            unit.write_text("\n".join(standard + headers + bodies))
            result = subprocess.run([*COMPILE, unit], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr[:4000])

    def test_all_documents_are_known(self):
        found = {}
        for path in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
            name = str(path.relative_to(SOURCE))
            if count := sum(1 for _ in samples(name)):
                found[name] = count
        self.assertEqual(found, {name: len(given) for name, given in GIVEN.items()})

    def test_all_headers_are_known(self):
        found = {}
        for path in sorted((SOURCE / "include" / "kymo").rglob("*.h")):
            if count := sum(1 for _ in samples(str(path.relative_to(SOURCE)))):
                found[str(path.relative_to(SOURCE / "include" / "kymo"))] = count
        self.assertEqual(found, {name: len(given) for name, given in GIVEN_IN_HEADERS.items()})

    def test_they_compile(self):
        for document, given in GIVEN.items():
            with self.subTest(document=document):
                self.expect_compiled(*samples_code(document, given))

    def test_those_of_headers_compile(self):
        headers, bodies = [], []
        for name, given in GIVEN_IN_HEADERS.items():
            needed, code = samples_code(f"include/kymo/{name}", given)
            # A document names its headers; a header is one.
            headers += [f"#include <kymo/{name}>", *needed]
            bodies += code
        self.expect_compiled(headers, bodies)

    def test_a_sample_that_shows_nothing_is_refused(self):
        code = "void sample() { kymo::Registry registry; registry.add_producer([](kymo::SnapshotWriter&) {}); }"
        with self.assertRaisesRegex(AssertionError, "unused-result"):
            self.expect_compiled(["#include <kymo/core/registry.h>"], [code])


if __name__ == "__main__":
    unittest.main()
