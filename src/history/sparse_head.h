#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <kymo/series/sample_sink.h>

#include "columns.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::history {

/// The open window of a series with times of its own.
struct SparseSeries {
  EntryPtr entry;
  std::vector<std::int64_t> times_ms;  ///< ascending
  std::vector<std::uint64_t> bits;     ///< of doubles, kStaleBits among them

  /// As a scan reads it.
  void read(std::vector<std::int64_t>& times, SeriesColumns& out) const;
};

/// The open windows of series that a SampleSink writes. Unlike the series of a Head they share no ticks, so
/// that rules of any interval write them. Under the lock of the store.
class SparseHead final {
 public:
  static constexpr std::size_t kMostSeries = 64;  ///< in one group
  static constexpr std::size_t kMostTimes = 600;
  /// The log has none of these samples, so a kill costs at most an open window. Shorter ones make more
  /// blocks.
  static constexpr std::int64_t kLongestMs = std::int64_t{5} * 60 * 1000;

  struct Group {
    std::vector<std::unique_ptr<SparseSeries>> series;
    std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
    std::int64_t batch_ms = std::numeric_limits<std::int64_t>::min();  ///< of the last sample
    std::size_t batches = 0;  ///< at least the number of different times
    std::uint64_t samples = 0;
  };

  SparseHead(SeriesTable& table, std::size_t most_series) : table_(table), most_series_(most_series) {}

  /// Does not throw: a sample without memory is refused.
  series::SinkResult append(std::int64_t time_ms, std::span<const series::Sample> samples) noexcept;

  /// Takes out a group that is long enough to seal, or with `all` any. Null: there is none.
  [[nodiscard]] std::unique_ptr<Group> take_due(bool all) noexcept;
  /// The group as columns of a block. Throws `std::bad_alloc`.
  static void read(const Group& group, BlockColumns& out);

  [[nodiscard]] const std::vector<std::unique_ptr<Group>>& groups() const noexcept { return groups_; }
  [[nodiscard]] std::uint64_t samples() const noexcept;
  /// The time of the last sample; the least number before the first.
  [[nodiscard]] std::int64_t last_ms() const noexcept { return last_ms_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  enum class Outcome : std::uint8_t { taken, late, refused };

  Outcome add(std::int64_t time_ms, const series::Sample& sample);
  Group& group_with_room();

  SeriesTable& table_;
  const std::size_t most_series_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::int64_t last_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace kymo::KYMO_ABI::history
