#include "sample_columns.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <utility>

#include <kymo/core/histogram_value.h>

#include "histogram_math.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// Writes the histograms of a chunk in the form that the engine computes with.
class ChunkHistograms {
 public:
  explicit ChunkHistograms(const series::SeriesChunk& chunk) : chunk_(chunk) {
    const series::HistogramChunk& own = *chunk.histogram;
    if (!own.bounds.empty()) {
      bounds_ = std::make_shared<const std::vector<double>>(own.bounds.begin(), own.bounds.end());
    }
  }

  [[nodiscard]] series::FloatHistogramRef at(std::size_t sample) const {
    const series::HistogramChunk& own = *chunk_.histogram;
    auto made = std::make_shared<series::FloatHistogram>();
    made->sum = chunk_.values[sample];
    made->bounds = bounds_;
    made->schema = bounds_ == nullptr ? HistogramValue::kScale : series::FloatHistogram::kCustomSchema;
    if (bounds_ == nullptr) made->zero_threshold = kZeroThreshold;
    made->positive.reserve(own.buckets.size());
    for (std::size_t i = 0; i < own.buckets.size(); ++i) {
      const auto count = static_cast<double>(own.counts[i][sample]);
      if (count == 0) continue;
      made->count += count;
      if (bounds_ != nullptr) {
        made->positive.push_back({own.buckets[i], count});
      } else if (own.buckets[i] == series::kZeroBucket) {
        made->zero_count = count;
      } else {
        // A bucket is named after its lower border here, and after its upper one there.
        made->positive.push_back({own.buckets[i] + 1, count});
      }
    }
    return made;
  }

 private:
  static constexpr double kZeroThreshold = 0x1p-40;
  static_assert(HistogramValue::kMinExponent == -40);

  const series::SeriesChunk& chunk_;
  std::shared_ptr<const std::vector<double>> bounds_;
};

/// When the count of each sample began.
class StartWalk {
 public:
  explicit StartWalk(std::span<const series::CountStart> starts) : starts_(starts) {}

  std::int64_t at(std::size_t sample) {
    for (; next_ < starts_.size() && starts_[next_].sample <= sample; ++next_)
      start_ = starts_[next_].time_ms;
    return start_;
  }

 private:
  std::span<const series::CountStart> starts_;
  std::size_t next_ = 0;
  std::int64_t start_ = 0;
};

/// A number as the engine has it: kAbsent for the end of a series, and for nothing else.
double number_of_sample(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (bits == series::kStaleBits) return kAbsent;
  return bits == kAbsentBits ? std::numeric_limits<double>::quiet_NaN() : value;
}

void forget_if_unknown(std::vector<std::int64_t>& starts) {
  if (std::ranges::all_of(starts, [](std::int64_t start) { return start == 0; })) starts.clear();
}

}  // namespace

void SampleColumns::clear() {
  times.clear();
  values.clear();
  starts.clear();
  histogram_times.clear();
  histograms.clear();
  histogram_starts.clear();
  falls.clear();
  histogram_falls.clear();
  has_falls = false;
}

std::size_t SampleColumns::bytes() const noexcept {
  constexpr std::size_t kNumber = 2 * sizeof(std::int64_t) + sizeof(double);
  std::size_t bytes = times.size() * kNumber;
  for (const auto& one : histograms) bytes += kNumber + sizeof(one) + EvalSeries::bytes_of(*one);
  return bytes;
}

void SampleColumns::append(const series::SeriesChunk& chunk, bool keeps_stale) {
  const bool has_histograms = chunk.histogram != nullptr || !chunk.float_histograms.empty();
  if (!has_histograms && chunk.starts.empty() && starts.empty()) {
    append_numbers(chunk, keeps_stale);
    return;
  }
  StartWalk started(chunk.starts);
  std::optional<ChunkHistograms> own;
  if (chunk.histogram != nullptr) own.emplace(chunk);
  starts.resize(times.size());
  histogram_starts.resize(histogram_times.size());
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    const double value = number_of_sample(chunk.values[i]);
    const std::int64_t start = started.at(i);
    series::FloatHistogramRef histogram;
    if (!chunk.float_histograms.empty()) histogram = chunk.float_histograms[i];
    if (histogram == nullptr && own && !is_absent(value)) histogram = own->at(i);
    if (histogram != nullptr) {
      histogram_times.push_back(chunk.times_ms[i]);
      histograms.push_back(std::move(histogram));
      histogram_starts.push_back(start);
    } else if (keeps_stale || !is_absent(value)) {
      times.push_back(chunk.times_ms[i]);
      values.push_back(value);
      starts.push_back(start);
    }
  }
  forget_if_unknown(starts);
  forget_if_unknown(histogram_starts);
}

/// The usual case: numbers whose counts began before.
void SampleColumns::append_numbers(const series::SeriesChunk& chunk, bool keeps_stale) {
  const auto is_special = [](double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return bits == series::kStaleBits || bits == kAbsentBits;
  };
  if (std::ranges::none_of(chunk.values, is_special)) {
    times.insert(times.end(), chunk.times_ms.begin(), chunk.times_ms.end());
    values.insert(values.end(), chunk.values.begin(), chunk.values.end());
    return;
  }
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    const double value = number_of_sample(chunk.values[i]);
    if (!keeps_stale && is_absent(value)) continue;
    times.push_back(chunk.times_ms[i]);
    values.push_back(value);
  }
}

void SampleColumns::append(const EvalSeries& series, const Grid& grid) {
  for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
    if (const auto& histogram = series.histogram(step)) {
      histogram_times.push_back(grid.time_of(step));
      histograms.push_back(histogram);
    } else if (const double number = series.number(step); !is_absent(number)) {
      times.push_back(grid.time_of(step));
      values.push_back(number);
    }
  }
}

void SampleColumns::find_falls() {
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[i - 1]) falls.push_back(static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 1; i < histograms.size(); ++i) {
    if (is_reset(*histograms[i], *histograms[i - 1]))
      histogram_falls.push_back(static_cast<std::uint32_t>(i));
  }
  has_falls = true;
}

void SampleColumns::find_resets() {
  using series::ResetHint;
  const auto found = histograms;
  for (std::size_t i = 1; i < histograms.size(); ++i) {
    if (found[i]->hint != ResetHint::unknown) continue;
    auto changed = std::make_shared<series::FloatHistogram>(*found[i]);
    changed->hint = is_reset(*found[i], *found[i - 1]) ? ResetHint::reset : ResetHint::not_reset;
    histograms[i] = std::move(changed);
  }
}

void WindowWalk::Place::move(std::span<const std::int64_t> times, std::int64_t after_ms,
                             std::int64_t to_ms) noexcept {
  while (end < times.size() && times[end] <= to_ms) ++end;
  while (begin < end && times[begin] <= after_ms) ++begin;
}

void WindowWalk::Place::move(std::span<const std::uint32_t> places, const Place& samples) noexcept {
  while (end < places.size() && places[end] < samples.end) ++end;
  while (begin < end && places[begin] <= samples.begin) ++begin;
}

Window WindowWalk::at(std::int64_t time_ms) {
  Window window;
  window.time_ms = time_ms;
  window.end_ms = shape_.shift.reference(time_ms);
  window.begin_ms = window.end_ms - shape_.range_ms;
  window.edges = shape_.edges;
  const std::int64_t after = window.begin_ms - shape_.before_ms;
  const std::int64_t to = window.end_ms + shape_.after_ms;
  numbers_.move(columns_.times, after, to);
  histograms_.move(columns_.histogram_times, after, to);
  const auto part = [](const auto& column, const Place& place) {
    using Value = typename std::remove_cvref_t<decltype(column)>::value_type;
    if (column.empty()) return std::span<const Value>();
    return std::span<const Value>(column).subspan(place.begin, place.end - place.begin);
  };
  window.times = part(columns_.times, numbers_);
  window.values = part(columns_.values, numbers_);
  window.starts = part(columns_.starts, numbers_);
  window.histogram_times = part(columns_.histogram_times, histograms_);
  window.histograms = part(columns_.histograms, histograms_);
  window.histogram_starts = part(columns_.histogram_starts, histograms_);
  if (columns_.has_falls) {
    falls_.move(columns_.falls, numbers_);
    histogram_falls_.move(columns_.histogram_falls, histograms_);
    window.has_falls = true;
    window.falls = part(columns_.falls, falls_);
    window.histogram_falls = part(columns_.histogram_falls, histogram_falls_);
    window.first = numbers_.begin;
    window.first_histogram = histograms_.begin;
  }
  return window;
}

std::optional<LastSample::Found> LastSample::at(std::int64_t time_ms, std::int64_t after_ms) {
  const auto& times = columns_.times;
  const auto& histogram_times = columns_.histogram_times;
  while (numbers_ < times.size() && times[numbers_] <= time_ms) ++numbers_;
  while (histograms_ < histogram_times.size() && histogram_times[histograms_] <= time_ms) ++histograms_;
  const bool has_number = numbers_ > 0 && times[numbers_ - 1] > after_ms;
  const bool has_histogram = histograms_ > 0 && histogram_times[histograms_ - 1] > after_ms;
  if (has_histogram && (!has_number || histogram_times[histograms_ - 1] > times[numbers_ - 1])) {
    const std::size_t place = histograms_ - 1;
    const std::int64_t start = columns_.histogram_starts.empty() ? 0 : columns_.histogram_starts[place];
    return Found{histogram_times[place], start, kAbsent, &columns_.histograms[place]};
  }
  if (!has_number || is_absent(columns_.values[numbers_ - 1])) return std::nullopt;
  const std::size_t place = numbers_ - 1;
  const std::int64_t start = columns_.starts.empty() ? 0 : columns_.starts[place];
  return Found{times[place], start, columns_.values[place], nullptr};
}

}  // namespace kymo::KYMO_ABI::query
