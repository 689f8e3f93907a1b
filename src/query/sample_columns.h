#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <kymo/query/expression.h>
#include <kymo/series/series_reader.h>

#include "eval_series.h"

namespace kymo::KYMO_ABI::query {

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

/// The windows of all steps, for a reader that needs little of each.
struct WindowEdges {
  const Grid& grid;
  const WindowShape& shape;
};

/// The use that a function makes of each window, so that a store may give fewer samples.
enum class WindowUse : std::uint8_t { every, edges, least, greatest, sum, mean, count };

/// How many samples one of a store's stands for.
struct SampleWeight {
  std::int64_t time_ms = 0;
  double samples = 1;
};

/// The samples of one series, numbers apart from histograms, each ascending by time.
struct SampleColumns {
  std::vector<std::int64_t> times;
  std::vector<double> values;
  /// How many samples each stands for, where a store gave fewer; else empty.
  std::vector<double> weights;
  std::vector<double> histogram_weights;
  /// When the count of each began; 0: unknown. Empty where none is known.
  std::vector<std::int64_t> starts;
  /// When the count of all numbers began, before the second one; 0: unknown, or `starts` has it.
  std::int64_t only_start = 0;
  std::vector<std::int64_t> histogram_times;
  /// Those that no window of the reader needs are null, see append().
  std::vector<series::FloatHistogramRef> histograms;
  std::vector<std::int64_t> histogram_starts;
  /// Places of samples whose count began anew, by their values alone; see find_falls().
  std::vector<std::uint32_t> falls;
  std::vector<std::uint32_t> histogram_falls;
  bool has_falls = false;

  void clear();
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Appends the samples of a chunk, without marks of the end. `edges`: the windows of which only the first
  /// and the last histogram matter, and those beside a reset; null: every histogram matters.
  void append(const series::SeriesChunk& chunk, const WindowEdges* edges);
  void append(const EvalSeries& series, const Grid& grid);
  /// Samples become numbers: how many each stands for.
  void assign_counts(std::span<const SampleWeight> counts);
  /// Gives each sample the weight of its time, or 0.
  void set_weights(std::span<const SampleWeight> all);
  /// Compares each sample with the one before it, once for all windows.
  void find_falls();
  /// Compares each histogram without a hint with the one before it, and gives it one.
  void find_resets();
  /// Gives each number its start, for readers of `starts`.
  void spread_start();

 private:
  void append_numbers(const series::SeriesChunk& chunk);
  [[nodiscard]] bool is_of_one_count(const series::SeriesChunk& chunk) const noexcept;
};

/// The samples in one range, those that its edges need among them.
struct Window {
  std::span<const std::int64_t> times;
  std::span<const double> values;
  std::span<const double> weights;
  std::span<const double> histogram_weights;
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

/// The places of a window's samples within their column.
struct WindowPlace {
  std::size_t begin = 0;
  std::size_t end = 0;

  /// Moves forwards, to the samples after one time and up to another. Cheap where steps and samples are even.
  void move(std::span<const std::int64_t> times, std::int64_t after_ms, std::int64_t to_ms) noexcept;
  /// Moves to the places behind the first of some samples.
  void move(std::span<const std::uint32_t> places, const WindowPlace& samples) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }

 private:
  std::size_t begin_stride_ = 0;
  std::size_t end_stride_ = 0;
};

/// Moves a window over the samples of a series, forwards.
class WindowWalk {
 public:
  WindowWalk(const SampleColumns& columns, const WindowShape& shape) : columns_(columns), shape_(shape) {}

  [[nodiscard]] Window at(std::int64_t time_ms);

 private:
  const SampleColumns& columns_;
  const WindowShape& shape_;
  WindowPlace numbers_;
  WindowPlace histograms_;
  WindowPlace falls_;
  WindowPlace histogram_falls_;
};

/// Which part of a sample a selector gives.
enum class SamplePart : std::uint8_t { value, time, start };

/// Finds the last sample at each step of a grid, while the chunks of a series come one after another.
class LastSamples {
 public:
  struct Settings {
    Shift shift;
    std::int64_t lookback_ms = 0;  ///< how old a sample may be
    SamplePart part = SamplePart::value;
    bool finds_resets = false;  ///< histograms say whether they begin anew, as of find_resets()
  };

  LastSamples(const Grid& grid, const Settings& settings) : grid_(grid), settings_(settings) {}

  /// Sets the steps whose last sample is in this chunk or before.
  void add(const series::SeriesChunk& chunk, EvalSeries& into);
  /// Sets the steps behind the last chunk.
  void finish(EvalSeries& into);

 private:
  struct Last {
    std::int64_t time_ms = std::numeric_limits<std::int64_t>::min();
    std::int64_t start_ms = 0;
    double number = kAbsent;
    series::FloatHistogramRef histogram;
  };

  [[nodiscard]] Last read(const series::SeriesChunk& chunk, std::size_t place) const;
  [[nodiscard]] series::FloatHistogramRef histogram_before(const series::SeriesChunk& chunk,
                                                           std::size_t place) const;
  void set(const Last& last, std::int64_t at_ms, EvalSeries& into) const;

  const Grid& grid_;
  const Settings& settings_;
  std::size_t step_ = 0;
  Last last_;                                 ///< of the chunks before
  series::FloatHistogramRef last_histogram_;  ///< of the chunks before, where resets are found
};

[[nodiscard]] bool has_histograms(const series::SeriesChunk& chunk);

/// Appends how many samples each of a chunk stands for.
void append_counts(const series::SeriesChunk& chunk, std::vector<SampleWeight>& counts);

}  // namespace kymo::KYMO_ABI::query
