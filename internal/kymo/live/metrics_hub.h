#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>
#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::live {

struct MetricsHubLimits {
  std::chrono::milliseconds patience{10000};    ///< for a client to receive a message; longer: closed, 1013
  std::chrono::milliseconds choice_time{1000};  ///< for a client to subscribe before it gets every metric
  std::chrono::milliseconds abandoned_time{30000};  ///< frames without a client are kept so long
  std::size_t subscriptions = 64;              ///< with names or match, at one time; more: an error message
  std::size_t replay_frames = 120;             ///< kept of each subscription
  std::size_t replay_bytes = 4 * 1024 * 1024;  ///< limit of their memory
  /// False: encodes every frame anew for each client. Only for measuring that cost.
  bool shares_frames = true;
};

/// The parts of a hub. `snapshot` and `clock` must outlive it.
struct MetricsHubParts {
  /// Returns current figures. Called in work(), at most once a call. Null: no frame this time.
  std::function<std::shared_ptr<const Snapshot>()> snapshot;
  const base::Clock& clock;
  /// Requests a call of work() soon. Called from any thread; must not block nor call work().
  std::function<void()> wake;
  /// Gets the time that each frame took to encode; may be null.
  std::function<void(std::chrono::nanoseconds)> on_encoded = {};
  std::string server = "kymo";                    ///< name and version, for clients to show
  std::string instance = {};                      ///< changes when the process starts anew
  std::chrono::milliseconds tick_interval{1000};  ///< how often the host is measured, for clients to show
  MetricsHubLimits limits = {};
};

/// Sends changes of metrics to any number of WebSocket clients, see docs/reference/live.md.
///
/// Clients with the same subscription and rate share a channel. Each tick of a channel takes one Snapshot
/// and encodes the changes once for all clients. Of a client the hub keeps only the number of its last
/// frame. A client that falls behind gets the difference to that frame, so it costs no more than any other.
/// The hub has no thread: its owner calls work() on request and when it is due. Without clients it is never
/// due.
class MetricsHub final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Statistics {
    std::uint64_t clients = 0;           ///< open now
    std::uint64_t frames_sent = 0;       ///< to any client
    std::uint64_t frames_conflated = 0;  ///< not sent because the client was still receiving another
    std::uint64_t slow_closed = 0;       ///< clients closed because they received a message too slowly
    std::uint64_t messages_refused = 0;  ///< from clients: malformed, or beyond a limit
  };

  explicit MetricsHub(MetricsHubParts parts);
  MetricsHub(const MetricsHub&) = delete;
  MetricsHub& operator=(const MetricsHub&) = delete;
  ~MetricsHub();

  /// Makes the handler of a new connection. Threads: any. May outlive the hub.
  [[nodiscard]] std::shared_ptr<net::WebSocketHandler> make_client();

  /// Does all due work, and returns the time of the next call at the latest. Threads: one at a time. Throws
  /// exceptions of `snapshot`; the next call continues.
  Time work();

  /// Threads: any.
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// `/ws/metrics`. The hub must outlive the route. `works`: true if somebody calls the hub's work(). Else a
/// client gets 503 instead of a silent connection. Null: always. Must not block; called from several
/// threads.
[[nodiscard]] Route metrics_socket_route(MetricsHub& hub, std::function<bool()> works = nullptr);

}  // namespace kymo::KYMO_ABI::live
