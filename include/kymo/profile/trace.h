#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::profile {

/// An ended scope.
struct TraceEvent {
  std::string name = {};
  std::chrono::nanoseconds begin{};  ///< since the trace's begin
  std::chrono::nanoseconds duration{};
  bool failed = false;  ///< an exception left it
};

struct ThreadTrace {
  std::int64_t id = 0;
  std::string name = {};
  std::vector<TraceEvent> events = {};  ///< in the order of their ends
};

/// The last scopes of each thread, one by one.
struct Trace {
  std::int64_t process = 0;
  std::string program = {};
  std::vector<ThreadTrace> threads = {};
  std::uint64_t dropped_events = 0;  ///< older ones that newer ones overwrote
};

/// Reads the kept scopes; stops no recording thread. Threads: any.
[[nodiscard]] KYMO_API Trace trace();

/// JSON for Perfetto, the browser's developer tools and speedscope. Source: "Trace Event Format" of the
/// Chromium project; complete events ("X"), and metadata for names.
[[nodiscard]] KYMO_API std::string to_chrome_json(const Trace& trace);

}  // namespace kymo::KYMO_ABI::profile
