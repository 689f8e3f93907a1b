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
  std::chrono::milliseconds choice_time{1000};  ///< for a client to subscribe before it is given everything
  std::chrono::milliseconds abandoned_time{30000};  ///< that frames of a subscription without client are kept
  std::size_t subscriptions = 64;              ///< with names or match, at one time; more: an error message
  std::size_t replay_frames = 120;             ///< kept of each subscription
  std::size_t replay_bytes = 4 * 1024 * 1024;  ///< that they may take
  /// False: every frame is encoded for each client anew. Only good for measuring what that costs.
  bool shares_frames = true;
};

/// What a hub is made from. `snapshot` and `clock` must outlive it.
struct MetricsHubParts {
  /// What is measured now. Called in work(), at most once a call. Null: no frame this time.
  std::function<std::shared_ptr<const Snapshot>()> snapshot;
  const base::Clock& clock;
  /// Asks for a call of work() soon. Called from any thread; must not block nor call work().
  std::function<void()> wake;
  /// Told how long each frame took to encode; may be null.
  std::function<void(std::chrono::nanoseconds)> on_encoded = {};
  std::string server = "kymo";                    ///< name and version, for clients to show
  std::string instance = {};                      ///< changes when the process starts anew
  std::chrono::milliseconds tick_interval{1000};  ///< how often the host is measured, for clients to know
  MetricsHubLimits limits = {};
};

/// Sends metrics as they change to any number of WebSocket clients, as docs/reference/live.md says.
///
/// Clients that want the same at the same rate share a channel. Each tick of a channel takes one Snapshot and
/// encodes what changed once, whatever the number of clients. Of a client only the number of the last frame
/// it was sent is kept: one that falls behind gets the difference to that, so it costs no more than one that
/// does not. It has no thread: whoever owns it calls work() when it asks for it and when it said that it
/// would be due. Without clients it is never due.
class MetricsHub final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Statistics {
    std::uint64_t clients = 0;           ///< open now
    std::uint64_t frames_sent = 0;       ///< to any client
    std::uint64_t frames_conflated = 0;  ///< that a client was not sent because it was still taking another
    std::uint64_t slow_closed = 0;       ///< clients closed because a message took them too long to receive
    std::uint64_t messages_refused = 0;  ///< of clients: malformed, or beyond a limit
  };

  explicit MetricsHub(MetricsHubParts parts);
  MetricsHub(const MetricsHub&) = delete;
  MetricsHub& operator=(const MetricsHub&) = delete;
  ~MetricsHub();

  /// What a new connection is handled by. Threads: any. It may outlive the hub.
  [[nodiscard]] std::shared_ptr<net::WebSocketHandler> make_client();

  /// Does all that is due, and tells when it has to be called again at the latest. Threads: one at a time.
  /// Throws what `snapshot` throws; it goes on with the next call.
  Time work();

  /// Threads: any.
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// `/ws/metrics`. The hub must outlive the route. `works`: whether anybody calls the hub's work(); where not,
/// a client is told so with 503 instead of being let into a connection that stays silent. Null: always. Must
/// not block; called from several threads.
[[nodiscard]] Route metrics_socket_route(MetricsHub& hub, std::function<bool()> works = nullptr);

}  // namespace kymo::KYMO_ABI::live
