#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kymo/series/series_reader.h>

#include "columns.h"

namespace kymo::KYMO_ABI::history {

/// Makes a chunk of a block's columns: the samples within a range of time, the end of the series among them.
class ChunkBuffer final {
 public:
  /// Null where there are none. Valid until the next call or change of the arguments. Throws
  /// `std::bad_alloc`.
  const series::SeriesChunk* fill(std::span<const std::int64_t> times, const SeriesColumns& columns,
                                  series::TimeRange range, series::SampleUse use = series::SampleUse::every);

 private:
  /// The samples to take, in order of time; kStale: an end.
  void choose_samples(std::span<const std::int64_t> times, const SeriesColumns& columns,
                      series::TimeRange range);
  void fill_values(const SeriesColumns& columns);
  void fill_starts(const SeriesColumns& columns);
  void fill_histogram(const HistogramColumns& columns);

  static constexpr std::uint32_t kStale = ~std::uint32_t{0};

  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> chosen_;
  std::vector<double> values_;
  std::vector<std::uint64_t> counts_;
  std::vector<series::CountStart> starts_;
  std::vector<std::vector<std::uint64_t>> buckets_;
  series::HistogramChunk histogram_;
  series::SeriesChunk chunk_;
};

}  // namespace kymo::KYMO_ABI::history
