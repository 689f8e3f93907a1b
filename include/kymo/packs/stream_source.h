#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <kymo/core/histogram_value.h>
#include <kymo/packs/stream_messages.h>
#include <kymo/packs/stream_metrics.h>

namespace kymo::KYMO_ABI::packs {

/// A piece of audio on its way through a queue.
struct StreamChunk {
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds audio{};  ///< its length
};

struct StreamChunkTimes {
  std::chrono::nanoseconds inference{};   ///< the model alone
  std::chrono::nanoseconds processing{};  ///< all that the chunk took, inference included
  std::chrono::nanoseconds audio{};       ///< the chunk's length
};

/// What waits in a queue.
struct QueueReading {
  std::uint64_t depth = 0;
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds audio{};
};

struct SourceOptions {
  std::string name;             ///< "mic"
  std::uint64_t queue_max = 0;  ///< chunks; 0: no limit, and so never too full
  /// Asked each tick, instead of summing what queued(), taken() and dropped() tell. One that throws costs the
  /// source its message of that tick.
  std::function<QueueReading()> read_queue = {};
  /// Without a chunk for so long, and with an empty queue, the source is idle.
  std::chrono::steady_clock::duration idle_after = std::chrono::seconds(10);
};

/// One source of a session: what waits, what was lost, how long the last chunks took.
///
/// Whoever queues and processes audio keeps it and tells it what happens; all of it is counted in the
/// process' StreamMetrics as well, at once, so that a session of a millisecond leaves its counts.
/// Threads: any. Cost: a mutex that is the source's own, some 100 ns; processed() about a microsecond.
class KYMO_API SourceStream final {
 public:
  /// Chunks that the mean and the realtime factor are taken over.
  static constexpr std::size_t kRecentChunks = 10;
  /// How far back `dropped_recent` goes.
  static constexpr std::chrono::seconds kRecentDrops{10};
  static constexpr double kBufferingAbove = 0.85;
  static constexpr double kOverloadedAbove = 0.95;
  static constexpr double kRearmBelow = 0.70;

  SourceStream(SourceOptions options, std::shared_ptr<StreamMetrics> metrics);
  SourceStream(const SourceStream&) = delete;
  SourceStream& operator=(const SourceStream&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }

  /// Received, and put into the queue.
  void queued(const StreamChunk& chunk) noexcept;
  /// Received, and lost, because the queue had no room.
  void refused(const StreamChunk& chunk) noexcept;
  /// Left the queue to be processed.
  void taken(const StreamChunk& chunk) noexcept;
  /// Left the queue unprocessed, to make room.
  void dropped(const StreamChunk& chunk) noexcept;
  void processed(const StreamChunkTimes& times) noexcept;
  /// Could not be processed.
  void failed() noexcept;

  /// As of now, `dropped_recent` as of the last tick(). Throws nothing: a queue that is asked for is told as
  /// of the last tick.
  [[nodiscard]] SourceFigures figures() const;
  /// Once a second: asks for the queue, and throws what that throws.
  [[nodiscard]] SourceFigures tick(StreamTime now);

  /// What the queue has become since it was last asked, and how full it was; the newest only.
  [[nodiscard]] std::optional<std::pair<QueueState, double>> take_state() noexcept;
  /// Could not be told: shall be given again, unless there is a newer one.
  void put_back_state(QueueState state, double fill_ratio) noexcept;
  /// The state that was taken last, until the queue is below kRearmBelow, and how full the queue is now.
  /// Nothing while take_state() has one to give.
  [[nodiscard]] std::optional<std::pair<QueueState, double>> standing_state() const noexcept;

  /// The realtime factor, once for each tick that found new chunks in it.
  [[nodiscard]] std::optional<double> take_new_factor() noexcept;

  /// Milliseconds, over the source's life.
  [[nodiscard]] HistogramValue inference_ms() const;
  [[nodiscard]] HistogramValue processing_ms() const;

 private:
  /// May be below zero for a moment: a worker may tell that it took a chunk before it is told as queued.
  struct Waiting {
    std::int64_t depth = 0;
    std::int64_t bytes = 0;
    std::chrono::nanoseconds audio{};
  };
  struct Mark {
    std::chrono::steady_clock::time_point time;
    std::uint64_t dropped = 0;
    std::uint64_t processed = 0;
  };

  void leave(const StreamChunk& chunk) noexcept;
  void count_drop() noexcept;
  void note_activity() noexcept;
  void note_fill() noexcept;
  void note_idleness(std::chrono::steady_clock::time_point now) noexcept;
  void mark_drops(std::chrono::steady_clock::time_point now);
  [[nodiscard]] double fill_ratio() const noexcept;
  [[nodiscard]] SourceFigures figures_locked() const;

  const SourceOptions options_;
  const std::shared_ptr<StreamMetrics> metrics_;

  mutable std::mutex mutex_;
  Waiting queue_;
  SourceFigures counts_;    // only what is counted
  std::deque<Mark> marks_;  // a second apart or more; the first is the newest that is kRecentDrops old
  std::array<StreamChunkTimes, kRecentChunks> recent_{};
  bool new_chunks_ = false;
  bool buffering_armed_ = true;
  bool overloaded_armed_ = true;
  std::optional<std::pair<QueueState, double>> state_;
  std::optional<QueueState> standing_;  // entered, and not below kRearmBelow since
  bool active_ = false;                 // since the last tick
  bool idle_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_active_;  // as of a tick
  HistogramValue inference_ms_;
  HistogramValue processing_ms_;
};

}  // namespace kymo::KYMO_ABI::packs
