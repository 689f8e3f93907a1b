#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <kymo/live/peers.h>
#include <kymo/live/route.h>

namespace kymo::live {

/// A session between peers, such as a call, a game or a meeting.
struct PastSession {
  std::string session_id;
  std::string kind = {};  ///< "call", "game", …
  std::string name = {};
  std::chrono::system_clock::time_point start_time;
  std::optional<std::chrono::system_clock::time_point> end_time = {};  ///< nothing: it goes on
  std::chrono::milliseconds duration{};                                ///< so far
  std::vector<std::string> peers = {};                                 ///< ids
  LatencyFigures latency = {};                                         ///< during the session
  bool interrupted = false;  ///< its process ended before it did; it is as it was last stored
};

/// Gives the last sessions, `limit` at most, newest first. Called from several threads at once; null: there
/// are none.
using PastSessionsSource = std::function<std::vector<PastSession>(std::size_t limit)>;

/// `GET /api/metrics/sessions?limit=10` (1 to 1000). 400 for a limit that is none.
[[nodiscard]] Route past_sessions_route(PastSessionsSource source);

}  // namespace kymo::live
