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

/// The transport's result for a message.
enum class SendResult : std::uint8_t {
  sent,      ///< sent, or queued for sending
  busy,      ///< the client reads too slowly: dropped; a `status` comes again with the next tick
  gone,      ///< the client no longer exists: dropped
  unwanted,  ///< nobody follows: neither sent nor lost
};

/// Hands one message to a session's client. Must not block: a slow client is `busy`. An exception counts as a
/// failure to send.
using StreamSend = std::function<SendResult(std::string_view session_id, const std::string& json)>;

/// As StreamSend, for callers that encode a message themselves, or only if somebody wants it.
using StreamDeliver = std::function<SendResult(const StreamMessage& message)>;

/// Called when a session has ended.
using StreamEnded = std::function<void(const EndMessage& message)>;

struct KYMO_API SessionStreamsOptions {
  std::size_t max_sessions = 1000;
  std::chrono::steady_clock::duration interval = std::chrono::seconds(1);  ///< between ticks
  /// Gets faults: their number since the last report, and the last one.
  std::function<void(std::string_view message)> report = {};
  std::chrono::steady_clock::duration report_every = std::chrono::seconds(10);  ///< at most
  StreamTimeUnit time_unit = StreamTimeUnit::milliseconds;  ///< of StreamMetrics' two times
};

/// All current sessions of a process: their `metrics` and `status` messages each second, and their
/// summary.
///
///     kymo::packs::SessionStreams streams(registry);
///     auto session = streams.begin({.ids = {.session_id = id}});  // ends with the scope
///     auto mic = session->source({.name = "mic", .queue_max = 50});
///     mic->queued({.bytes = 640, .audio = 20ms});
///
///     every_second([&] { streams.tick(kymo::packs::StreamTime::now(), send); });
///
/// SessionStreams has no thread of its own. A failing callback never stops the other sessions or the next
/// tick: a fault counts in `kymo_stream_faults_total` and is reported. Threads: any; a tick() during another,
/// or from within a callback, does nothing and counts as missed. Memory: some 2 KiB a source and less a
/// session. Errors: begin() has those of its memory and registration; tick() none. Its sessions may outlive
/// it. A copy is another handle to the same sessions.
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

    /// As the destructor; may be called twice. Afterwards none of the session's callbacks runs, see
    /// SessionStream::end(). At most one message on its way to `send` still arrives.
    void end(StreamTime now = StreamTime::now()) noexcept;

    SessionStream* operator->() const noexcept { return stream_.get(); }
    SessionStream& operator*() const noexcept { return *stream_; }

   private:
    std::shared_ptr<State> state_;
    std::shared_ptr<SessionStream> stream_;
  };

  /// Registers StreamMetrics and its own `kymo_stream_…`.
  explicit SessionStreams(Registry& registry, SessionStreamsOptions options = {});

  /// A session beyond `max_sessions` counts in the process' metrics and in
  /// `kymo_stream_sessions_refused_total`, but has no messages.
  [[nodiscard]] Session begin(SessionOptions options, StreamTime now = StreamTime::now());

  /// Makes the messages of all sessions and hands them to `send`. Call it each interval.
  void tick(StreamTime now, const StreamSend& send) noexcept;

  void tick(StreamTime now, const StreamDeliver& deliver) noexcept;

  /// Calls `told` for each session that ends, on the thread that ends it, after its last message; not for
  /// those beyond `max_sessions`. Must not block; an exception counts as a failure to send. A later
  /// callback replaces the earlier one; null removes it. After this returns, the earlier callback neither
  /// runs nor will run, unless this is called from within it.
  void on_end(StreamEnded told);

  /// True if a session of that id goes on, and has messages.
  [[nodiscard]] bool goes_on(std::string_view session_id) const;
  /// SessionStream::standing_statuses() of each session of that id.
  [[nodiscard]] std::vector<StatusMessage> standing_statuses(std::string_view session_id,
                                                             StreamTime now) const;
  /// Calls SessionStream::offer_traceparent() for each session of that id.
  void offer_traceparent(std::string_view session_id, std::string_view traceparent);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::chrono::steady_clock::duration interval() const noexcept;
  /// The metrics, also for audio without a session.
  [[nodiscard]] std::shared_ptr<StreamMetrics> metrics() const noexcept;

  /// The summary of all sessions, with the `top` of them by one of session_fields(). Nothing for an unknown
  /// field. Cost: some microseconds a session; no source waits longer.
  [[nodiscard]] std::optional<SessionsOverview> overview(StreamTime now, std::size_t top,
                                                         std::string_view by) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::packs
