#pragma once

#include <string>

#include <kymo/terminal/screen.h>

#include "src/terminal/live_messages.h"

namespace kymo::KYMO_ABI::terminal::test {

/// Unix time of the first frame; 2025-11-24 16:00:00 UTC.
inline constexpr double kBegin = 1764000000;

/// Takes messages in, each of which must be one.
inline void take(SeriesStore& store, const std::string& message) { (void)take_message(message, store); }

inline std::string hello(const std::string& instance = "one", double time = kBegin) {
  return R"({"type":"hello","protocol":1,"server":"kymo/0.1.0","instance":")" + instance + R"(","time":)" +
         std::to_string(time) + R"(,"rate_hz":1,"tick_seconds":1})";
}

/// A voice server over half a minute: traffic, a latency, losses, two cores, its host.
SeriesStore voice_server();
/// The same, with names and labels that mean harm, or are wide.
SeriesStore hostile_server();
/// Eight sessions, of which two are not well.
Sessions sessions();
/// Three peers, two sessions that were, and a profile of five functions.
Answers answers();
/// The same lists, with names that mean harm, or are wide.
Answers hostile_answers();

}  // namespace kymo::KYMO_ABI::terminal::test
