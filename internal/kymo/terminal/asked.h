#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// One peer of `GET /api/metrics/peers`. What is not known is NaN or empty.
struct PeerRow {
  std::string id;
  std::string name;
  std::string status;  ///< `connected`, `degraded`, `disconnected`
  std::string trend;   ///< `improving`, `stable`, `degrading`
  std::string grade;   ///< of the path, `A` to `F`
  std::string reason;  ///< why its quality is not higher; empty: it is high
  double latency_ms = kUnknown;
  double average_ms = kUnknown;
  double p95_ms = kUnknown;
  double jitter_ms = kUnknown;
  double loss_percent = kUnknown;
  double quality = kUnknown;  ///< 0 to 100
  double opinion = kUnknown;  ///< mean opinion score of voice, 1 to 4.5
  double sent = kUnknown;     ///< bytes a second; not known of a peer of which nobody told traffic
  double received = kUnknown;
  double uptime_seconds = kUnknown;
};

/// All peers, and all of them taken together as `GET /api/metrics/network` has it.
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
  bool is_interrupted = false;  ///< its process ended before it did
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
  double duration_seconds = kUnknown;  ///< that was profiled
  std::vector<HotspotRow> rows;
};

/// What a server answered to a question that is asked while a page is shown.
template <class T>
struct Answer {
  bool is_there = false;   ///< whether it has answered, be it with a no
  std::optional<T> value;  ///< nothing: it has none of that
};

/// All such answers.
struct Answers {
  Answer<Peers> peers = {};
  Answer<PastSessions> past_sessions = {};
  Answer<Profile> profile = {};
  /// Whether the profiler may be turned on and off from here: over loopback, or with a token.
  bool may_change = false;
  /// Whether the server has answered for `/api/sessions/live`, be it with a no.
  bool has_asked_sessions = false;
};

// Each gives nothing where the answer is none that this program knows.
[[nodiscard]] std::optional<Peers> parse_peers(std::string_view answer);
/// Adds what `/api/metrics/network` says.
void take_network(std::string_view answer, Peers& peers);
[[nodiscard]] std::optional<PastSessions> parse_past_sessions(std::string_view answer);
[[nodiscard]] std::optional<Profile> parse_profile(std::string_view answer);

}  // namespace kymo::KYMO_ABI::terminal
