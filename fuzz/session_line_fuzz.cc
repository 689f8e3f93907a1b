// A line of the file of sessions: whatever the bytes, the reader does not crash, and what it takes is written
// as a line that says the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "peers/session_line.h"

namespace {

using namespace kymo::peers;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_same(const Session& a, const Session& b) {
  return a.id == b.id && a.kind == b.kind && a.name == b.name && a.start == b.start && a.end == b.end &&
         a.duration == b.duration && a.interrupted == b.interrupted && a.peers == b.peers &&
         a.latency.count == b.latency.count && a.latency.min_ms == b.latency.min_ms &&
         a.latency.avg_ms == b.latency.avg_ms && a.latency.max_ms == b.latency.max_ms;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = read_session_line({reinterpret_cast<const char*>(data), size});
  if (const auto* error = std::get_if<SessionLineError>(&read)) {
    require(!error->message.empty());
    return 0;
  }
  const Session& session = std::get<Session>(read);
  (void)(session.start + session.duration);  // what a log does with one that was interrupted
  std::string line;
  append_session_line(session, line);
  require(line.find('\n') == line.size() - 1);
  line.pop_back();
  const auto again = read_session_line(line);
  require(std::holds_alternative<Session>(again) && is_same(session, std::get<Session>(again)));
  return 0;
}
