#pragma once

#include <chrono>
#include <memory>

#include <kymo/live/route.h>
#include <kymo/packs/stream_sessions.h>

namespace kymo::KYMO_ABI {

class Registry;

struct SessionFeedOptions {
  /// Whether the feed ticks the streams, each SessionStreamsOptions::interval, on a thread of its own,
  /// `kymo-sessions`. False: the application does, and hands on what it is given, see deliver().
  bool ticks = true;
  std::chrono::milliseconds patience{10000};  ///< for a client to receive a message; longer: closed, 1013
};

/// Lets clients follow one session over kymo's own WebSocket, `/ws/sessions/{id}`: its `metrics` and `status`
/// messages as they come, and `end` when it has ended. A client that comes while a queue is too full gets
/// that `status` first. A message is encoded once for all who follow; a session that nobody follows costs
/// nothing. See docs/reference/stream.md.
///
///     kymo::Registry registry;
///     kymo::packs::SessionStreams streams(registry);
///     kymo::SessionFeed feed(registry, streams);
///     options.registry = &registry;
///     options.routes.push_back(feed.route());
///     kymo::Monitor monitor(options);
///
/// It takes the streams' SessionStreams::on_end(), so there is one feed of a SessionStreams. The registry
/// must outlive it, and it the Monitor that serves its route. Threads: any.
class KYMO_API SessionFeed final {
 public:
  /// Registers `kymo_session_…`. Throws std::system_error where it ticks and there is no thread to be had.
  SessionFeed(Registry& registry, packs::SessionStreams streams, SessionFeedOptions options = {});
  SessionFeed(const SessionFeed&) = delete;
  SessionFeed& operator=(const SessionFeed&) = delete;
  ~SessionFeed();  ///< Ends the connections that there are. Waits for a tick that is running.

  /// `GET /ws/sessions/{id}`, for MonitorOptions::routes; 404 where no session of that id goes on. The
  /// handshake of a client that follows changes nothing of the session: the trace in its messages is what the
  /// application set (SessionIds::traceparent).
  [[nodiscard]] live::Route route();

  /// For an application that ticks the streams itself, because its own clients are told too:
  ///
  ///     streams.tick(now, [&](const StreamMessage& message) {
  ///       (void)feed.deliver(message);
  ///       return my_transport_takes(message);
  ///     });
  ///
  /// `unwanted` where nobody follows the session. Never blocks.
  packs::SendResult deliver(const packs::StreamMessage& message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
