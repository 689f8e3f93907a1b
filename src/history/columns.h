#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// How the bits of a column's values are read.
enum class ColumnKind : std::uint8_t {
  integer,  ///< std::uint64_t: counts, exact up to 2^64 − 1
  real,     ///< double: −0 and the payload of a NaN are kept
};

/// One value for each sample of a series.
struct Column {
  ColumnKind kind = ColumnKind::real;
  std::vector<std::uint64_t> bits = {};

  friend bool operator==(const Column&, const Column&) = default;
};

/// When a series began to count, valid from this sample on. A reset adds one.
struct Created {
  std::uint32_t sample = 0;  ///< position among the samples of the series
  std::int64_t time_ms = 0;  ///< since 1970; 0: unknown

  friend bool operator==(const Created&, const Created&) = default;
};

/// The buckets that were ever filled within the block, one column each. Counts are cumulative in time, not
/// over buckets.
struct HistogramColumns {
  std::vector<double> bounds = {};         ///< of a histogram with own bounds; empty: exponential buckets
  std::vector<std::int32_t> buckets = {};  ///< indexes as of HistogramBuckets or into `bounds`; ascending
  std::vector<std::vector<std::uint64_t>> counts = {};  ///< for each bucket, for each sample

  friend bool operator==(const HistogramColumns&, const HistogramColumns&) = default;
};

/// The samples of one series in a block.
struct SeriesColumns {
  std::uint32_t series = 0;  ///< id in the series table
  std::vector<std::uint64_t> present =
      {};  ///< one bit a tick, set where there is a sample; empty: at every tick
  std::vector<std::uint32_t> stale = {};  ///< ticks without a sample at which the series ended; ascending
  std::vector<Created> created = {};      ///< ascending
  Column values = {};                     ///< of a number; of a histogram its sums
  std::optional<HistogramColumns> histogram = {};

  friend bool operator==(const SeriesColumns&, const SeriesColumns&) = default;
};

/// Ticks that a word of SeriesColumns::present holds.
inline constexpr std::size_t kWordBits = 64;

[[nodiscard]] inline bool is_set(std::span<const std::uint64_t> words, std::size_t tick) noexcept {
  return (words[tick / kWordBits] >> tick % kWordBits & 1U) != 0;
}
[[nodiscard]] inline bool is_present(const SeriesColumns& series, std::size_t tick) noexcept {
  return series.present.empty() || is_set(series.present, tick);
}

/// Some 64 series over some 600 ticks, which they share.
struct BlockColumns {
  std::vector<std::int64_t> times_ms = {};  ///< of the ticks, ascending
  std::vector<SeriesColumns> series = {};

  friend bool operator==(const BlockColumns&, const BlockColumns&) = default;
};

/// Samples of a series over `ticks` ticks, as its `present` says.
[[nodiscard]] std::size_t samples_of(std::span<const std::uint64_t> present, std::size_t ticks);

/// The first rule that the columns break, or null: lengths match, times and indexes ascend.
[[nodiscard]] const char* fault_of(const BlockColumns& block);

}  // namespace kymo::KYMO_ABI::history
