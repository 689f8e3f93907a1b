#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "byte_stream.h"
#include "columns.h"

namespace kymo::KYMO_ABI::history {

/// The history of one bucket within a block.
struct BucketSummary {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t growth = 0;  ///< what was counted after the first sample, over all resets

  friend bool operator==(const BucketSummary&, const BucketSummary&) = default;
};

/// The samples of a series as figures, from which tiers are made.
///
/// Of a histogram the values are its sums. Minimum and maximum leave NaN out, unless all values are NaN. The
/// sum has a NaN where one value is NaN.
struct SeriesSummary {
  std::uint32_t series = 0;
  ColumnKind kind = ColumnKind::real;
  std::uint32_t count = 0;  ///< samples; without any the values below are 0
  std::uint32_t resets =
      0;  ///< samples (of a histogram: counts) below the one before, or with a created time of their own
  double sum = 0;
  std::uint64_t min = 0;  ///< bits as `kind` reads them, like the others
  std::uint64_t max = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::vector<double> bounds;  ///< of a histogram, as in HistogramColumns; so are the buckets
  std::vector<std::int32_t> buckets;
  std::vector<BucketSummary> growth;  ///< for each bucket
  bool is_histogram = false;
};

/// Sums up one series. `samples` is that of samples_of().
[[nodiscard]] SeriesSummary summarize(const SeriesColumns& series, std::size_t samples);

/// The figures alone; series, kind, count, bounds and buckets are known beside. `digits`: of decimals.
void put_summary(const SeriesSummary& summary, std::optional<std::uint8_t> digits, Bytes& to);
/// Reads the figures into a summary that has the rest.
void read_summary(SeriesSummary& summary, std::optional<std::uint8_t> digits, ByteReader& from);

}  // namespace kymo::KYMO_ABI::history
