#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <kymo/series/label_set.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::series {

/// The buckets of one histogram of the past.
struct PastHistogram {
  /// Of a histogram with own bounds, not empty; null: exponential buckets.
  std::shared_ptr<const std::vector<double>> bounds;
  /// Indexes as in HistogramChunk, ascending, none twice; each count is of its bucket alone.
  std::vector<std::pair<std::int32_t, std::uint64_t>> buckets;
};

/// One sample of one series, on its way from a text into a store. Views are valid during the call.
struct PastSample {
  const LabelSet& labels;
  const std::shared_ptr<const FamilyInfo>& family;  ///< not null
  std::int64_t time_ms = 0;                         ///< since 1970
  /// Of a number its value, of a histogram its sum: a double, or with `is_whole` the integer itself.
  /// kStaleBits: the series has ended.
  std::uint64_t bits = 0;
  bool is_whole = false;
  std::int64_t started_ms = 0;               ///< when the count began; 0: as at the sample before
  const PastHistogram* histogram = nullptr;  ///< null of a number, and of a mark
  SampleForm form = SampleForm::number;
};

}  // namespace kymo::KYMO_ABI::series
