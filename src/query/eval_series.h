#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <kymo/series/float_histogram.h>
#include <kymo/series/label_set.h>
#include <kymo/series/series_reader.h>

#include "query_context.h"

namespace kymo::KYMO_ABI::query {

/// The number at a step without one: a quiet NaN that no sample has, see SampleColumns. The mark of a series'
/// end would not do. Compilers make quiet NaNs of signaling ones in constants.
inline constexpr std::uint64_t kAbsentBits = 0x7FF8'6E6F'6E65'0001U;
inline constexpr double kAbsent = std::bit_cast<double>(kAbsentBits);

[[nodiscard]] inline bool is_absent(double number) noexcept {
  return std::bit_cast<std::uint64_t>(number) == kAbsentBits;
}

/// The steps at which a query or subquery is evaluated.
struct Grid {
  std::int64_t start_ms = 0;
  std::int64_t step_ms = 1;
  std::size_t count = 1;

  [[nodiscard]] std::int64_t time_of(std::size_t step) const noexcept {
    return start_ms + static_cast<std::int64_t>(step) * step_ms;
  }
  [[nodiscard]] std::int64_t end_ms() const noexcept { return time_of(count - 1); }
};

/// One series while a query is evaluated: a number or a histogram at each step, or neither.
class EvalSeries {
 public:
  series::LabelSet labels;
  /// The name goes at the end of the query.
  bool drops_name = false;

  [[nodiscard]] std::size_t begin_step() const noexcept { return first_; }
  [[nodiscard]] std::size_t end_step() const noexcept { return first_ + numbers_.size(); }
  [[nodiscard]] bool empty() const noexcept { return numbers_.empty(); }

  /// kAbsent where there is none.
  [[nodiscard]] [[gnu::always_inline]] double number(std::size_t step) const noexcept {
    return holds(step) ? numbers_[step - first_] : kAbsent;
  }
  /// Null where there is none.
  [[nodiscard]] const series::FloatHistogramRef& histogram(std::size_t step) const noexcept {
    static const series::FloatHistogramRef none;
    return !histograms_.empty() && holds(step) ? histograms_[step - first_] : none;
  }
  [[nodiscard]] bool has(std::size_t step) const noexcept {
    return !is_absent(number(step)) || histogram(step) != nullptr;
  }
  [[nodiscard]] bool has_histograms() const noexcept { return !histograms_.empty(); }

  /// Puts a number at a step, which may not be before the first one.
  [[gnu::always_inline]] void set(std::size_t step, double number) {
    if (step == end_step() && !numbers_.empty() && histograms_.empty()) {
      numbers_.push_back(number);  // the usual case
      return;
    }
    reach(step);
    numbers_[step - first_] = number;
    if (!histograms_.empty()) histograms_[step - first_] = nullptr;
  }
  void set(std::size_t step, series::FloatHistogramRef histogram) {
    reach(step);
    if (histograms_.empty()) histograms_.resize(numbers_.size());
    numbers_[step - first_] = kAbsent;
    histograms_[step - first_] = std::move(histogram);
  }
  void remove(std::size_t step) {
    if (holds(step)) set(step, kAbsent);
  }
  /// Takes over the sample at a step of another series.
  void copy(std::size_t step, const EvalSeries& from) {
    if (const auto& histogram = from.histogram(step)) {
      set(step, histogram);
    } else {
      set(step, from.number(step));
    }
  }

  void reserve(std::size_t steps) { numbers_.reserve(steps); }
  /// Makes room before the first step, for samples in any order.
  void begin_at(std::size_t step) {
    if (numbers_.empty() || step >= first_) return;
    const std::size_t more = first_ - step;
    numbers_.insert(numbers_.begin(), more, kAbsent);
    if (!histograms_.empty()) histograms_.insert(histograms_.begin(), more, nullptr);
    first_ = step;
  }

  /// Calls change(number) for each number there is.
  template <class Change>
  void change_numbers(Change change) {
    for (double& number : numbers_) {
      if (!is_absent(number)) number = change(number);
    }
  }

  /// Whether any sample is left.
  [[nodiscard]] bool has_samples() const noexcept {
    return std::ranges::any_of(numbers_, [](double number) { return !is_absent(number); }) ||
           std::ranges::any_of(histograms_, [](const auto& one) { return one != nullptr; });
  }

  /// Counts the memory of the samples as the query's, until the series is gone.
  void hold(QueryContext& context) {
    hold_ = Hold();
    std::size_t bytes = sizeof(EvalSeries) + labels.bytes().size() + numbers_.size() * sizeof(double);
    for (const auto& one : histograms_) bytes += sizeof(one) + (one == nullptr ? 0 : bytes_of(*one));
    hold_ = Hold(context, bytes);
  }

  [[nodiscard]] static std::size_t bytes_of(const series::FloatHistogram& one) noexcept {
    return sizeof(one) + (one.positive.size() + one.negative.size()) * sizeof(series::FloatBucket);
  }

 private:
  [[nodiscard]] bool holds(std::size_t step) const noexcept {
    return step >= first_ && step - first_ < numbers_.size();
  }
  void reach(std::size_t step) {
    if (numbers_.empty()) first_ = step;
    begin_at(step);
    if (step - first_ < numbers_.size()) return;
    numbers_.resize(step - first_ + 1, kAbsent);
    if (!histograms_.empty()) histograms_.resize(numbers_.size());
  }

  std::size_t first_ = 0;
  std::vector<double> numbers_;
  std::vector<series::FloatHistogramRef> histograms_;  ///< empty, or as long as the numbers
  Hold hold_;
};

}  // namespace kymo::KYMO_ABI::query
