#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <kymo/core/histogram_value.h>
#include <kymo/series/label_set.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::series {

/// One sample for a store. Views are valid during the call.
struct Sample {
  const LabelSet& labels;
  double value = 0;                           ///< with kStaleBits: the series has ended
  const HistogramValue* histogram = nullptr;  ///< in place of `value`
  std::int64_t started_ms = 0;                ///< when the count began, since 1970; 0: unknown, or no count
  std::shared_ptr<const FamilyInfo> family = nullptr;  ///< null: unknown
};

/// How many samples of a batch were taken, and why others were not.
struct SinkResult {
  std::size_t taken = 0;
  std::size_t late = 0;     ///< not after the last sample of their series
  std::size_t refused = 0;  ///< at a limit of the store, or of a series that another source has
};

/// Takes samples of one source, such as the rules or one sender. Threads: one at a time.
class SampleSink {
 public:
  SampleSink() = default;
  SampleSink(const SampleSink&) = delete;
  SampleSink& operator=(const SampleSink&) = delete;
  virtual ~SampleSink() = default;

  /// Appends the samples of one time. Refuses and counts those that are not after the last one of their
  /// series. A series goes on until a sample with kStaleBits. Does not throw: samples without memory are
  /// refused.
  virtual SinkResult append(std::int64_t time_ms, std::span<const Sample> samples) noexcept = 0;
};

}  // namespace kymo::KYMO_ABI::series
