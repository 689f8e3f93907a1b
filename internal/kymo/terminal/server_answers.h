#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// One peer of `GET /api/metrics/peers`. Unknown figures are NaN or empty.
struct PeerRow {
  std::string id;
  std::string name;
  std::string status;  ///< `connected`, `degraded`, `disconnected`
  std::string trend;   ///< `improving`, `stable`, `degrading`
  std::string grade;   ///< of the path, `A` to `F`
  std::string reason;  ///< why the quality is not higher; empty: it is high
  double latency_ms = kUnknown;
  double average_ms = kUnknown;
  double p95_ms = kUnknown;
  double jitter_ms = kUnknown;
  double loss_percent = kUnknown;
  double quality = kUnknown;  ///< 0 to 100
  double opinion = kUnknown;  ///< mean opinion score of voice, 1 to 4.5
  double sent = kUnknown;     ///< bytes a second; unknown for a peer without traffic reports
  double received = kUnknown;
  double uptime_seconds = kUnknown;
};

/// All peers, and their summary from `GET /api/metrics/network`.
struct Peers {
  std::vector<PeerRow> rows;
  double score = kUnknown;
  std::string grade;
};

/// One session of `GET /api/metrics/sessions`: a call, game or meeting between peers.
struct PastSessionRow {
  std::string id;
  std::string kind;
  std::string name;
  double start = kUnknown;  ///< Unix time
  bool is_over = false;
  bool is_interrupted = false;  ///< the process ended before the session
  double duration_seconds = kUnknown;
  double peers = 0;
  double least_ms = kUnknown;
  double average_ms = kUnknown;
  double most_ms = kUnknown;
};
using PastSessions = std::vector<PastSessionRow>;

/// One function or block of `GET /api/profile`.
struct HotspotRow {
  std::string name;
  double calls = kUnknown;
  double errors = kUnknown;
  double total_seconds = kUnknown;
  double self_seconds = kUnknown;
  double average_seconds = kUnknown;
  double p95_seconds = kUnknown;
  double most_seconds = kUnknown;
  bool is_slow = false;
};

struct Profile {
  bool is_on = false;
  double duration_seconds = kUnknown;  ///< of profiling
  std::vector<HotspotRow> rows;
};

/// The server's response to a request for the page on view.
template <class T>
struct Answer {
  bool is_there = false;   ///< true once the server has responded, also with an error
  std::optional<T> value;  ///< nothing: the server has no such data
};

/// The responses for all pages.
struct Answers {
  Answer<Peers> peers = {};
  Answer<PastSessions> past_sessions = {};
  Answer<Profile> profile = {};
  /// True if this client may turn the profiler on and off: over loopback, or with a token.
  bool may_change = false;
  /// True once the server has responded for `/api/sessions/live`, also with an error.
  bool has_sessions_answer = false;
};

// Each returns nothing for an unknown form of response.
[[nodiscard]] std::optional<Peers> parse_peers(std::string_view answer);
/// Adds the figures of `/api/metrics/network`.
void take_network(std::string_view answer, Peers& peers);
[[nodiscard]] std::optional<PastSessions> parse_past_sessions(std::string_view answer);
[[nodiscard]] std::optional<Profile> parse_profile(std::string_view answer);

}  // namespace kymo::KYMO_ABI::terminal
