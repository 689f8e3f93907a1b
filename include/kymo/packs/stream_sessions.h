#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/packs/stream_messages.h>
#include <kymo/packs/stream_metrics.h>
#include <kymo/packs/stream_overview.h>
#include <kymo/packs/stream_session.h>

namespace kymo::KYMO_ABI::packs {

/// What became of a message that was handed to the transport.
enum class SendResult : std::uint8_t {
  sent,      ///< or queued to be
  busy,      ///< the client reads too slowly: dropped; a `status` comes again with the next tick
  gone,      ///< there is no such client any more: dropped
  unwanted,  ///< nobody asked for it: neither sent nor lost
};

/// Hands one message to a session's client. Must not block: a client that is slow is `busy`. It may throw,
/// which is a failure to send.
using StreamSend = std::function<SendResult(std::string_view session_id, const std::string& json)>;

/// As StreamSend, for who encodes a message himself, or does so only where somebody wants it.
using StreamDeliver = std::function<SendResult(const StreamMessage& message)>;

/// Told that a session has ended.
using StreamEnded = std::function<void(const EndMessage& message)>;

struct KYMO_API SessionStreamsOptions {
  std::size_t max_sessions = 1000;
  std::chrono::steady_clock::duration interval = std::chrono::seconds(1);  ///< between ticks
  /// Told of faults: how many since it was told last, and what the last one was.
  std::function<void(std::string_view message)> report = {};
  std::chrono::steady_clock::duration report_every = std::chrono::seconds(10);  ///< at most
  StreamTimeUnit time_unit = StreamTimeUnit::milliseconds;  ///< of StreamMetrics' two times
};

/// All sessions of a process that go on now: their `metrics` and `status` messages each second, and all of
/// them taken together.
///
///     kymo::packs::SessionStreams streams(registry);
///     auto session = streams.begin({.ids = {.session_id = id}});  // ends with the scope
///     auto mic = session->source({.name = "mic", .queue_max = 50});
///     mic->queued({.bytes = 640, .audio = 20ms});
///
///     every_second([&] { streams.tick(kymo::packs::StreamTime::now(), send); });
///
/// It has no thread of its own. Whatever a callback does, the other sessions and the next tick are served: a
/// fault is counted in `kymo_stream_faults_total` and reported. Threads: any; a tick() during another, or
/// from within a callback, does nothing and counts as missed. Memory: some 2 KiB a source and less a session.
/// Errors: begin() what its memory and registration do; tick() none. Its sessions may outlive it. A copy is
/// another handle to the same sessions.
class KYMO_API SessionStreams final {
  class State;

 public:
  /// A session that goes on while this lives. Never null, unless moved from.
  class Session final {
   public:
    Session() = default;
    Session(std::shared_ptr<State> state, std::shared_ptr<SessionStream> stream) noexcept
        : state_(std::move(state)), stream_(std::move(stream)) {}
    Session(Session&&) noexcept = default;
    Session& operator=(Session&& other) noexcept;
    ~Session() { end(); }

    /// As destruction; may be called twice. Afterwards none of the session's callbacks is called, see
    /// SessionStream::end(); at most one message that is on its way to `send` still comes.
    void end(StreamTime now = StreamTime::now()) noexcept;

    SessionStream* operator->() const noexcept { return stream_.get(); }
    SessionStream& operator*() const noexcept { return *stream_; }

   private:
    std::shared_ptr<State> state_;
    std::shared_ptr<SessionStream> stream_;
  };

  /// Registers StreamMetrics and its own `kymo_stream_…`.
  explicit SessionStreams(Registry& registry, SessionStreamsOptions options = {});

  /// Beyond `max_sessions`, a session is counted in the process' metrics and in
  /// `kymo_stream_sessions_refused_total`, but has no messages.
  [[nodiscard]] Session begin(SessionOptions options, StreamTime now = StreamTime::now());

  /// Each interval: makes the messages of all sessions and hands them to `send`.
  void tick(StreamTime now, const StreamSend& send) noexcept;

  void tick(StreamTime now, const StreamDeliver& deliver) noexcept;

  /// From now on `told` is told of each session that ends, on the thread that ends it, after its last
  /// message; not of those beyond `max_sessions`. It must not block; what it throws counts as a failure to
  /// send. One at a time: a later one takes its place. Null: nobody. When this returns, the one before is not
  /// being called, nor will be, unless this is called from within it.
  void on_end(StreamEnded told);

  /// Whether a session of that id goes on, and has messages.
  [[nodiscard]] bool goes_on(std::string_view session_id) const;
  /// SessionStream::standing_statuses() of each session of that id.
  [[nodiscard]] std::vector<StatusMessage> standing_statuses(std::string_view session_id,
                                                             StreamTime now) const;
  /// SessionStream::offer_traceparent() to each session of that id.
  void offer_traceparent(std::string_view session_id, std::string_view traceparent);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::chrono::steady_clock::duration interval() const noexcept;
  /// For audio that comes without a session, too.
  [[nodiscard]] std::shared_ptr<StreamMetrics> metrics() const noexcept;

  /// All sessions taken together, and the `top` of them that have most of a field: one of session_fields().
  /// Nothing for an unknown field. Cost: some microseconds a session; no source is held up longer.
  [[nodiscard]] std::optional<SessionsOverview> overview(StreamTime now, std::size_t top,
                                                         std::string_view by) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::packs
