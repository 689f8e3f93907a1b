#pragma once

#include <chrono>
#include <memory>

#include <kymo/live/route.h>
#include <kymo/packs/stream_sessions.h>

namespace kymo::KYMO_ABI {

class Registry;

struct SessionFeedOptions {
  /// True: the feed ticks the streams, each SessionStreamsOptions::interval, on its own thread,
  /// `kymo-sessions`. False: the application ticks them and passes the messages on, see deliver().
  bool ticks = true;
  std::chrono::milliseconds patience{10000};  ///< for a client to receive a message; longer: closed, 1013
};

/// Lets clients follow one session over kymo's own WebSocket, `/ws/sessions/{id}`: its `metrics` and `status`
/// messages as they come, and `end` when it has ended. A client that comes while a queue is too full gets
/// that `status` first. A message is encoded once for all followers; a session without followers costs
/// nothing. See docs/reference/stream.md.
///
///     kymo::Registry registry;
///     kymo::packs::SessionStreams streams(registry);
///     kymo::SessionFeed feed(registry, streams);
///     options.registry = &registry;
///     options.routes.push_back(feed.route());
///     kymo::Monitor monitor(options);
///
/// The feed takes the streams' SessionStreams::on_end(), so a SessionStreams has one feed. The registry must
/// outlive the feed, and the feed must outlive the Monitor that serves its route. Threads: any.
class KYMO_API SessionFeed final {
 public:
  /// Registers `kymo_session_…`. Throws std::system_error if it ticks and no thread can be made.
  SessionFeed(Registry& registry, packs::SessionStreams streams, SessionFeedOptions options = {});
  SessionFeed(const SessionFeed&) = delete;
  SessionFeed& operator=(const SessionFeed&) = delete;
  ~SessionFeed();  ///< Closes all connections. Waits for a running tick.

  /// `GET /ws/sessions/{id}`, for MonitorOptions::routes; 404 where no session of that id goes on. The
  /// handshake of a follower changes nothing of the session: the trace in its messages is the application's
  /// (SessionIds::traceparent).
  [[nodiscard]] live::Route route();

  /// For an application that ticks the streams itself, because it also sends to its own clients:
  ///
  ///     streams.tick(now, [&](const StreamMessage& message) {
  ///       (void)feed.deliver(message);
  ///       return my_transport_takes(message);
  ///     });
  ///
  /// Returns `unwanted` where nobody follows the session. Never blocks.
  packs::SendResult deliver(const packs::StreamMessage& message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
