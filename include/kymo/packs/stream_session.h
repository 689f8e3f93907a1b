#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/packs/stream_ladder.h>
#include <kymo/packs/stream_messages.h>
#include <kymo/packs/stream_metrics.h>
#include <kymo/packs/stream_source.h>

namespace kymo::KYMO_ABI::packs {

struct SessionOptions {
  SessionIds ids = {};  ///< each cut at SessionStream::kMaxIdBytes
  DegradeOptions degrade = {};
  /// Called each tick instead of the session's own ladder, where a server has one ladder for several
  /// sessions. If it throws, the messages lack it; nothing else changes.
  std::function<DegradeStatus(StreamTime now)> degrade_status = {};
};

/// An exception in a user's callback, without harm to the rest.
struct StreamFault {
  enum class Kind : std::uint8_t { collector, degrade_status, degrade_action, send, report, tick };
  Kind kind = Kind::tick;
  std::string what;
};

/// A session at one instant, its sources summed.
struct SessionSummary {
  SessionIds ids;
  double age_seconds = 0;
  std::size_t sources = 0;
  SourceFigures figures = {};  ///< sums; mean inference time and realtime factor are the worst source's
  double fill_ratio = 0;       ///< of the fullest source
  double lag_seconds = 0;      ///< the longest backlog of audio
  DegradeLevel level = DegradeLevel::normal;  ///< at the last tick
  bool idle = false;                          ///< all its sources are idle, and there is at least one
  HistogramValue inference_ms = {};           ///< over the sources' lifetime
  HistogramValue processing_ms = {};
};

/// One session: its sources, its ladder, and its client's messages each second.
///
/// SessionStreams makes, ticks and ends sessions. The worst signals of the sources lead the ladder: the
/// realtime factor of sources with new chunks, and the queues of sources that are not idle. If all are idle,
/// the ladder is at NORMAL. Threads: any.
class KYMO_API SessionStream final {
 public:
  static constexpr std::size_t kMaxSources = 16;
  static constexpr std::size_t kMaxIdBytes = 256;

  SessionStream(StreamTime start, SessionOptions options, std::shared_ptr<StreamMetrics> metrics);
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  /// Makes the source, or finds the one of that name again. Never null. Sources beyond kMaxSources count in
  /// the process' metrics, but have no messages.
  [[nodiscard]] std::shared_ptr<SourceStream> source(SourceOptions options);

  [[nodiscard]] SessionIds ids() const;
  /// Call it after a failover, or when the client chooses another model.
  void set_model(std::string_view provider, std::string_view model_id);
  void set_vad_enabled(bool enabled);
  /// The trace that the session belongs to from now on: W3C Trace Context, as SessionIds::traceparent.
  void set_traceparent(std::string_view traceparent);
  /// For the handshake of the session's own client: as set_traceparent(), if the session has no trace yet and
  /// the text is valid. So a client replaces no other trace. Returns true if the trace was taken.
  bool offer_traceparent(std::string_view traceparent);

  /// Moves the ladder to FAILOVER at the next tick.
  void provider_crashed() noexcept { crashes_.fetch_add(1, std::memory_order_relaxed); }

  /// Stops all callbacks, and waits for a running one, unless called from within it. Afterwards the
  /// callbacks' referents may go. Recording goes on, and counts.
  void end() noexcept;

  /// The messages for the client: the `metrics` of each source, and before them any change of its queue's
  /// state. Empty after the session's end.
  [[nodiscard]] std::vector<StreamMessage> tick(StreamTime now);
  /// The faults since the last call.
  [[nodiscard]] std::vector<StreamFault> take_faults() noexcept;
  /// Sends the message again at the next tick, because the client could not take it.
  void put_back(const StatusMessage& message) noexcept;

  /// The messages that a newcomer has missed: the state of each queue that was reported as too full and has
  /// had no room since.
  [[nodiscard]] std::vector<StatusMessage> standing_statuses(StreamTime now) const;

  [[nodiscard]] SessionSummary summary(StreamTime now) const;
  /// Compares the first kMaxIdBytes bytes.
  [[nodiscard]] bool has_id(std::string_view session_id) const;
  [[nodiscard]] EndMessage end_message(StreamTime now) const;

 private:
  struct TickedSource {
    std::shared_ptr<SourceStream> source;
    std::optional<SourceFigures> figures;
  };

  [[nodiscard]] std::vector<std::shared_ptr<SourceStream>> sources() const;
  [[nodiscard]] std::optional<SourceFigures> collect(SourceStream& source, StreamTime now);
  [[nodiscard]] double age_seconds(StreamTime now) const noexcept;
  void lead_ladder(StreamTime now, const std::vector<TickedSource>& ticked, const DegradeReading& reading);
  [[nodiscard]] std::optional<DegradeStatus> ask_degrade(StreamTime now);
  void add_fault(StreamFault::Kind kind, std::string_view whose, std::string_view what);

  const std::shared_ptr<StreamMetrics> metrics_;
  const std::chrono::steady_clock::time_point start_;
  const std::function<DegradeStatus(StreamTime)> degrade_status_;
  std::recursive_mutex tick_mutex_;  // held during callbacks; one of them may end the session
  bool ended_ = false;
  std::vector<StreamFault> faults_;
  DegradeLadder ladder_;
  std::optional<std::chrono::steady_clock::time_point> last_crash_;
  std::atomic<std::uint32_t> crashes_ = 0;
  std::atomic<DegradeLevel> level_ = DegradeLevel::normal;

  mutable std::mutex mutex_;
  SessionIds ids_;
  std::vector<std::shared_ptr<SourceStream>> sources_;
};

}  // namespace kymo::KYMO_ABI::packs
