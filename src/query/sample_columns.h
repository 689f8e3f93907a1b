#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <kymo/query/expression.h>
#include <kymo/series/series_reader.h>

#include "eval_series.h"

namespace kymo::KYMO_ABI::query {

/// The samples of one series, numbers apart from histograms, each ascending by time.
struct SampleColumns {
  std::vector<std::int64_t> times;
  std::vector<double> values;
  /// When the count of each began; 0: unknown. Empty where none is known.
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> histogram_times;
  std::vector<series::FloatHistogramRef> histograms;
  std::vector<std::int64_t> histogram_starts;
  /// Places of samples whose count began anew, by their values alone; see find_falls().
  std::vector<std::uint32_t> falls;
  std::vector<std::uint32_t> histogram_falls;
  bool has_falls = false;

  void clear();
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Appends the samples of a chunk. Marks of the end stay where they are wanted.
  void append(const series::SeriesChunk& chunk, bool keeps_stale);
  void append(const EvalSeries& series, const Grid& grid);
  /// Compares each sample with the one before it, once for all windows.
  void find_falls();
  /// Compares each histogram without a hint with the one before it, and gives it one.
  void find_resets();

 private:
  void append_numbers(const series::SeriesChunk& chunk, bool keeps_stale);
};

/// Where the samples of a selector or subquery are, as of the time of evaluation.
struct Shift {
  std::optional<std::int64_t> at_ms;
  std::int64_t offset_ms = 0;

  [[nodiscard]] std::int64_t reference(std::int64_t time_ms) const noexcept {
    return at_ms.value_or(time_ms) - offset_ms;
  }
};

/// How the windows of a range lie, in milliseconds.
struct WindowShape {
  Shift shift;
  std::int64_t range_ms = 0;
  RangeEdges edges = RangeEdges::plain;
  std::int64_t before_ms = 0;  ///< samples before the range that its edges need
  std::int64_t after_ms = 0;
};

/// The samples in one range, those that its edges need among them.
struct Window {
  std::span<const std::int64_t> times;
  std::span<const double> values;
  std::span<const std::int64_t> starts;
  std::span<const std::int64_t> histogram_times;
  std::span<const series::FloatHistogramRef> histograms;
  std::span<const std::int64_t> histogram_starts;
  /// Falls behind the first sample, as places in the columns; `first` is that of the first sample.
  std::span<const std::uint32_t> falls;
  std::span<const std::uint32_t> histogram_falls;
  std::size_t first = 0;
  std::size_t first_histogram = 0;
  bool has_falls = false;
  std::int64_t time_ms = 0;   ///< of evaluation
  std::int64_t begin_ms = 0;  ///< of the range, excluded
  std::int64_t end_ms = 0;    ///< of the range, included
  RangeEdges edges = RangeEdges::plain;

  [[nodiscard]] bool empty() const noexcept { return times.empty() && histogram_times.empty(); }
  [[nodiscard]] double range_seconds() const noexcept {
    return static_cast<double>(end_ms - begin_ms) / 1000;
  }
};

/// Moves a window over the samples of a series, forwards.
class WindowWalk {
 public:
  WindowWalk(const SampleColumns& columns, const WindowShape& shape) : columns_(columns), shape_(shape) {}

  [[nodiscard]] Window at(std::int64_t time_ms);

 private:
  struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
    void move(std::span<const std::int64_t> times, std::int64_t after_ms, std::int64_t to_ms) noexcept;
    void move(std::span<const std::uint32_t> places, const Place& samples) noexcept;
  };

  const SampleColumns& columns_;
  const WindowShape& shape_;
  Place numbers_;
  Place histograms_;
  Place falls_;
  Place histogram_falls_;
};

/// The last sample at or before a time; walks forwards.
class LastSample {
 public:
  explicit LastSample(const SampleColumns& columns) : columns_(columns) {}

  struct Found {
    std::int64_t time_ms = 0;
    std::int64_t start_ms = 0;
    double number = kAbsent;
    const series::FloatHistogramRef* histogram = nullptr;
  };
  /// Nothing where there is none after `after_ms`, or where the series ended.
  [[nodiscard]] std::optional<Found> at(std::int64_t time_ms, std::int64_t after_ms);

 private:
  const SampleColumns& columns_;
  std::size_t numbers_ = 0;  ///< count of those at or before the time
  std::size_t histograms_ = 0;
};

}  // namespace kymo::KYMO_ABI::query
