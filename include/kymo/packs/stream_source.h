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

/// A piece of audio in a queue.
struct StreamChunk {
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds audio{};  ///< its length
};

struct StreamChunkTimes {
  std::chrono::nanoseconds inference{};   ///< the model alone
  std::chrono::nanoseconds processing{};  ///< all processing of the chunk, inference included
  std::chrono::nanoseconds audio{};       ///< the chunk's length
};

/// The waiting chunks of a queue.
struct QueueReading {
  std::uint64_t depth = 0;
  std::uint64_t bytes = 0;
  std::chrono::nanoseconds audio{};
};

struct SourceOptions {
  std::string name;             ///< "mic"
  std::uint64_t queue_max = 0;  ///< limit of chunks; 0: no limit, and so never too full
  /// Called each tick, instead of counting queued(), taken() and dropped(). If it throws, the source has no
  /// message of that tick.
  std::function<QueueReading()> read_queue = {};
  /// A source without a chunk for this long, and with an empty queue, is idle.
  std::chrono::steady_clock::duration idle_after = std::chrono::seconds(10);
};

/// One source of a session: waiting chunks, drops, and times of the last chunks.
///
/// The code that queues and processes audio keeps the source and reports each step. Each step counts in the
/// process' StreamMetrics at once, so a session of a millisecond leaves its counts. Threads: any. Cost: a
/// mutex that is the source's own, some 100 ns; processed() about a microsecond.
class KYMO_API SourceStream final {
 public:
  /// Number of chunks in the mean and the realtime factor.
  static constexpr std::size_t kRecentChunks = 10;
  /// Time span of `dropped_recent`.
  static constexpr std::chrono::seconds kRecentDrops{10};
  static constexpr double kBufferingAbove = 0.85;
  static constexpr double kOverloadedAbove = 0.95;
  static constexpr double kRearmBelow = 0.70;

  SourceStream(SourceOptions options, std::shared_ptr<StreamMetrics> metrics);
  SourceStream(const SourceStream&) = delete;
  SourceStream& operator=(const SourceStream&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }

  /// The chunk was received and queued.
  void queued(const StreamChunk& chunk) noexcept;
  /// The chunk was received and dropped, because the queue was full.
  void refused(const StreamChunk& chunk) noexcept;
  /// The chunk left the queue for processing.
  void taken(const StreamChunk& chunk) noexcept;
  /// The chunk left the queue unprocessed, to make room.
  void dropped(const StreamChunk& chunk) noexcept;
  void processed(const StreamChunkTimes& times) noexcept;
  /// A chunk's processing failed.
  void failed() noexcept;

  /// Figures of now; `dropped_recent` and a queue that a callback reads are of the last tick(). Throws
  /// nothing.
  [[nodiscard]] SourceFigures figures() const;
  /// Call it once a second. Reads the queue, and throws the callback's exceptions.
  [[nodiscard]] SourceFigures tick(StreamTime now);

  /// The new state of the queue since the last call, and how full it was; the newest only.
  [[nodiscard]] std::optional<std::pair<QueueState, double>> take_state() noexcept;
  /// The message failed: returns the state for the next call, unless there is a newer one.
  void put_back_state(QueueState state, double fill_ratio) noexcept;
  /// The last state that was taken, until the queue is below kRearmBelow, and how full the queue is now.
  /// Empty while take_state() has a state to give.
  [[nodiscard]] std::optional<std::pair<QueueState, double>> standing_state() const noexcept;

  /// The realtime factor, once for each tick with new chunks.
  [[nodiscard]] std::optional<double> take_new_factor() noexcept;

  /// In milliseconds, over the source's lifetime.
  [[nodiscard]] HistogramValue inference_ms() const;
  [[nodiscard]] HistogramValue processing_ms() const;

 private:
  /// Briefly negative when a worker reports a taken chunk before it is reported as queued.
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
  SourceFigures counts_;    // only the counts
  std::deque<Mark> marks_;  // a second apart or more; the first is the newest that is kRecentDrops old
  std::array<StreamChunkTimes, kRecentChunks> recent_{};
  bool new_chunks_ = false;
  bool buffering_armed_ = true;
  bool overloaded_armed_ = true;
  std::optional<std::pair<QueueState, double>> state_;
  std::optional<QueueState> standing_;  // state since it was entered, until the queue is below kRearmBelow
  bool active_ = false;                 // since the last tick
  bool idle_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_active_;  // at the last tick
  HistogramValue inference_ms_;
  HistogramValue processing_ms_;
};

}  // namespace kymo::KYMO_ABI::packs
