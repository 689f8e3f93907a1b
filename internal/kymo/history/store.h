#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/series/sample_sink.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::history {

class FileOperations;

/// When the log of a directory reaches the disk. A process that ends loses nothing of it in any case.
enum class Sync : std::uint8_t {
  always,  ///< each tick, before append() returns
  second,  ///< a thread syncs twice a second; a power cut costs at most the last second
  off,     ///< when the system likes
};

/// How much of a tier stays.
struct TierOptions {
  std::chrono::milliseconds retention{};  ///< files whose last sample is older leave; 0: age removes none
  std::uint64_t bytes = 0;  ///< of all files together; the oldest leave first; 0: no tier is made
};

/// A directory that keeps the past, for one process at a time.
struct DirectoryOptions {
  std::string path = {};  ///< made where there is none; empty: memory only
  Sync sync = Sync::second;
  /// Segments whose last sample is older leave; 0: age removes none.
  std::chrono::milliseconds retention = std::chrono::hours{30 * 24};
  /// Of all segments together; the oldest leave first.
  std::uint64_t bytes = std::uint64_t{1} << 30U;
  /// Windows of 10 s, 5 min and 1 h, made of closed segments, which they outlive.
  std::array<TierOptions, 3> tiers = {{{std::chrono::hours{60 * 24}, std::uint64_t{512} << 20U},
                                       {std::chrono::hours{90 * 24}, std::uint64_t{256} << 20U},
                                       {std::chrono::hours{2 * 365 * 24}, std::uint64_t{128} << 20U}}};
  /// Gets failures and their end, once each. From any thread; must not call the store.
  std::function<void(std::string_view message)> on_event = nullptr;
  FileOperations* files = nullptr;  ///< null: those of the system
  /// Reads only, also where another process has the directory. No tick is written then.
  bool is_read_only = false;
};

struct StoreOptions {
  /// For labels, open windows and sealed blocks together. The oldest blocks leave first.
  std::size_t memory_bytes = std::size_t{32} << 20U;
  /// Ticks in a block, at most.
  std::uint32_t window_ticks = 600;
  /// Samples of further series are refused.
  std::size_t most_series = 1'000'000;
  DirectoryOptions directory = {};
};

/// Figures of one tier.
struct TierFigures {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::int64_t oldest_ms = std::numeric_limits<std::int64_t>::max();  ///< as of StoreFigures
  std::int64_t newest_ms = std::numeric_limits<std::int64_t>::min();
  std::uint64_t expired_files = 0;    ///< left for their age
  std::uint64_t displaced_files = 0;  ///< left for newer ones
};

/// Figures of a store.
struct StoreFigures {
  std::uint64_t series = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;             ///< in use, of `StoreOptions::memory_bytes`
  std::uint64_t samples = 0;           ///< kept
  std::uint64_t appended_samples = 0;  ///< ever
  std::uint64_t refused_samples = 0;   ///< at a limit, or without memory
  std::uint64_t late_ticks = 0;        ///< refused: not after the last one
  std::uint64_t late_samples = 0;      ///< of these
  std::uint64_t evicted_blocks = 0;
  std::uint64_t evicted_samples = 0;
  std::uint64_t ticks = 0;                 ///< appended
  std::chrono::nanoseconds append_time{};  ///< of all ticks together
  /// The times of the oldest and newest sample, since 1970; the first after the second: there is none.
  std::int64_t oldest_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t newest_ms = std::numeric_limits<std::int64_t>::min();
  // Of a directory.
  bool has_directory = false;  ///< false also where another process has it
  bool is_failing = false;     ///< writes fail; the head stays in memory
  std::uint64_t segments = 0;
  std::uint64_t stored_samples = 0;  ///< in segments
  std::uint64_t stored_blocks = 0;   ///< in segments
  std::uint64_t segment_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t write_failures = 0;
  std::uint64_t unlogged_ticks = 0;      ///< kept in memory while writes failed
  std::uint64_t damaged_blocks = 0;      ///< found so far
  std::uint64_t damaged_bytes = 0;       ///< of logs and of segments without a footer
  std::uint64_t lost_ticks = 0;          ///< whole records of logs that need a damaged one
  std::uint64_t expired_segments = 0;    ///< left for their age
  std::uint64_t displaced_segments = 0;  ///< left for newer ones
  std::uint64_t replayed_ticks = 0;      ///< read from logs at the start
  std::array<TierFigures, 3> tiers = {};
};

/// The past of every series of a Snapshot, within a budget of memory: lossless, tick by tick. With a
/// directory the past is that of earlier processes too, and the blocks are on the disk in place of memory.
///
/// A series has the name and labels that a Prometheus server would store it under. A histogram is one native
/// series: with exponential buckets, or of a family with own bounds with these. Counts are exact to 2^64 − 1,
/// and floating numbers keep their bits. A level in whole numbers is exact to 2^53. Threads: any, beside
/// append().
class Store final : public series::SeriesReader, public series::SampleSink {
 public:
  class Impl;  ///< for the layer itself

  explicit Store(const StoreOptions& options = {});
  ~Store() override;

  /// Appends all samples at this time, in whole milliseconds. A series that was in the last Snapshot and is
  /// not in this one is marked as ended. Returns false, and counts, where the time is not after the last
  /// one's or memory ran out. Cost: about 5 ns a number and 0.2 µs a histogram; now and then a block is
  /// sealed.
  bool append(std::chrono::system_clock::time_point time, const Snapshot& snapshot) noexcept;
  /// Appends samples of series that no Snapshot has. Refuses histograms, and samples of a series that a
  /// Snapshot has. Threads: any. Cost: about 0.3 µs a sample.
  series::SinkResult append(std::int64_t time_ms, std::span<const series::Sample> samples) noexcept override;

  [[nodiscard]] std::vector<series::SeriesRef> find(
      std::span<const series::Matcher> matchers, series::TimeRange range, const series::ReadLimit& limit = {},
      std::size_t most = std::numeric_limits<std::size_t>::max()) const override;
  [[nodiscard]] std::unique_ptr<series::SeriesScan> scan(series::ReadLimit limit = {}) const override;

  /// Writes what waits for the thread of the directory, and syncs it. Blocks. Does nothing without a
  /// directory.
  void sync() noexcept;

  [[nodiscard]] StoreFigures figures() const;
  /// Writes the families `kymo_history_…`.
  void write(SnapshotWriter& writer) const;

 private:
  std::shared_ptr<Impl> impl_;  ///< a scan shares it
};

}  // namespace kymo::KYMO_ABI::history
