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
  /// Asked each tick instead of the session's own ladder, where a server has one for several sessions. One
  /// that throws is left out of the messages, nothing more.
  std::function<DegradeStatus(StreamTime now)> degrade_status = {};
};

/// What went wrong in a user's callback, without harm to the rest.
struct StreamFault {
  enum class Kind : std::uint8_t { collector, degrade_status, degrade_action, send, report, tick };
  Kind kind = Kind::tick;
  std::string what;
};

/// A session at one instant, its sources taken together.
struct SessionSummary {
  SessionIds ids;
  double age_seconds = 0;
  std::size_t sources = 0;
  SourceFigures figures = {};  ///< sums; mean inference time and realtime factor are the worst source's
  double fill_ratio = 0;       ///< of the fullest source
  double lag_seconds = 0;      ///< length of the audio that waits where most does
  DegradeLevel level = DegradeLevel::normal;  ///< as of the last tick
  bool idle = false;                          ///< all its sources are, and there is one
  HistogramValue inference_ms = {};           ///< over the sources' life
  HistogramValue processing_ms = {};
};

/// One session: its sources, its ladder, and the messages that its client is told each second.
///
/// SessionStreams makes, ticks and ends them. The ladder is led by the worst signs of the sources: the
/// realtime factor of those that had new chunks, and the queues of those that are not idle. Where all are
/// idle the ladder is at NORMAL. Threads: any.
class KYMO_API SessionStream final {
 public:
  static constexpr std::size_t kMaxSources = 16;
  static constexpr std::size_t kMaxIdBytes = 256;

  SessionStream(StreamTime start, SessionOptions options, std::shared_ptr<StreamMetrics> metrics);
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  /// Makes the source, or finds the one of that name again. Never null; beyond kMaxSources it is counted in
  /// the process' metrics, but has no messages.
  [[nodiscard]] std::shared_ptr<SourceStream> source(SourceOptions options);

  [[nodiscard]] SessionIds ids() const;
  /// After a failover, or when the client changes its mind.
  void set_model(std::string_view provider, std::string_view model_id);
  void set_vad_enabled(bool enabled);
  /// The trace that the session belongs to from now on: W3C Trace Context, as SessionIds::traceparent.
  void set_traceparent(std::string_view traceparent);
  /// For the handshake of the session's own client: as set_traceparent(), where the session has none yet and
  /// this is one. So a client takes no other trace's place. Says whether the trace was taken.
  bool offer_traceparent(std::string_view traceparent);

  /// The ladder goes to FAILOVER with the next tick.
  void provider_crashed() noexcept { crashes_.fetch_add(1, std::memory_order_relaxed); }

  /// Calls no callback from now on, and waits for one that is running, unless it is called from within it:
  /// what the callbacks refer to may go afterwards. Recording goes on, and counts.
  void end() noexcept;

  /// What to tell the client now: the `metrics` of each source, and before it what its queue has become.
  /// Nothing once it has ended.
  [[nodiscard]] std::vector<StreamMessage> tick(StreamTime now);
  /// What went wrong since it was asked last.
  [[nodiscard]] std::vector<StreamFault> take_faults() noexcept;
  /// The client could not take it now: shall come again with the next tick.
  void put_back(const StatusMessage& message) noexcept;

  /// Messages that a newcomer has missed: the state of each queue that was told of as too full, and that
  /// has had no room since.
  [[nodiscard]] std::vector<StatusMessage> standing_statuses(StreamTime now) const;

  [[nodiscard]] SessionSummary summary(StreamTime now) const;
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
