#include "sample_columns.h"

#include <algorithm>
#include <array>
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
    return std::move(of(std::array{sample}).front());
  }
  /// Bucket by bucket, since the counts of one lie side by side. `samples`: ascending places.
  [[nodiscard]] std::vector<std::shared_ptr<series::FloatHistogram>> of(
      std::span<const std::size_t> samples) const {
    const series::HistogramChunk& own = *chunk_.histogram;
    std::vector<std::shared_ptr<series::FloatHistogram>> all;
    all.reserve(samples.size());
    for (const std::size_t sample : samples) all.push_back(empty(sample));
    for (std::size_t i = 0; i < own.buckets.size(); ++i) {
      const std::span<const std::uint64_t> counts = own.counts[i];
      // A bucket is named after its lower border here, and after its upper one there.
      const std::int32_t index = bounds_ != nullptr ? own.buckets[i] : own.buckets[i] + 1;
      const bool is_zero = bounds_ == nullptr && own.buckets[i] == series::kZeroBucket;
      for (std::size_t place = 0; place < samples.size(); ++place) {
        const auto count = static_cast<double>(counts[samples[place]]);
        if (count == 0) continue;
        series::FloatHistogram& made = *all[place];
        made.count += count;
        if (is_zero) {
          made.zero_count = count;
        } else {
          made.positive.push_back({index, count});
        }
      }
    }
    return all;
  }

 private:
  static constexpr double kZeroThreshold = 0x1p-40;
  static_assert(HistogramValue::kMinExponent == -40);

  [[nodiscard]] std::shared_ptr<series::FloatHistogram> empty(std::size_t sample) const {
    auto made = std::make_shared<series::FloatHistogram>();
    made->sum = chunk_.values[sample];
    made->bounds = bounds_;
    made->schema = bounds_ == nullptr ? HistogramValue::kScale : series::FloatHistogram::kCustomSchema;
    if (bounds_ == nullptr) made->zero_threshold = kZeroThreshold;
    made->positive.reserve(chunk_.histogram->buckets.size());
    return made;
  }

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

constexpr std::size_t kBlock = 32;  // samples that are looked at together
constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

/// Sets the sign bit where `now` may be below `before`. No branch, so that compilers take several at once.
std::uint64_t may_fall(double before, double now) noexcept {
  return std::bit_cast<std::uint64_t>(now - before);
}
std::uint64_t may_fall(std::uint64_t before, std::uint64_t now) noexcept {
  return (now - before) | now | before;
}

/// Calls use(place) for each number that is less than the one before it. Quick, because falls are rare.
template <class Numbers, class Use>
void each_fall(const Numbers& numbers, Use use) {
  std::size_t begin = 1;
  const auto look = [&](std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (numbers[i] < numbers[i - 1]) use(i);
    }
  };
  for (; begin + kBlock <= numbers.size(); begin += kBlock) {
    const auto* const before = numbers.data() + begin - 1;
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < kBlock; ++i) found |= may_fall(before[i], before[i + 1]);
    if ((found & kSign) != 0) look(begin + kBlock);
  }
  look(numbers.size());
}

bool is_special(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return bits == series::kStaleBits || bits == kAbsentBits;
}

/// Whether there is a mark of the end, or the mark of the engine itself.
bool has_special(std::span<const double> values) noexcept {
  constexpr std::uint64_t kLeastExponent = std::uint64_t{1} << 52U;
  while (values.size() >= kBlock) {
    // One more in the exponent of a NaN or an infinity sets the sign bit.
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      found |= (std::bit_cast<std::uint64_t>(values[i]) & ~kSign) + kLeastExponent;
    }
    if ((found & kSign) != 0 && std::ranges::any_of(values.first(kBlock), is_special)) return true;
    values = values.subspan(kBlock);
  }
  return std::ranges::any_of(values, is_special);
}

/// The place behind the last time up to a limit, at or behind `from`. `stride`: how far it probably is.
std::size_t place_behind(std::span<const std::int64_t> times, std::size_t from, std::size_t stride,
                         std::int64_t limit_ms) noexcept {
  const std::size_t guess = from + stride;
  const bool reaches = guess <= times.size() && (guess == 0 || times[guess - 1] <= limit_ms);
  if (reaches && (guess == times.size() || times[guess] > limit_ms)) return guess;
  std::size_t place = reaches ? guess : from;
  while (place < times.size() && times[place] <= limit_ms) ++place;
  return place;
}

/// The histogram of one sample; null where it is a number or the end of the series.
series::FloatHistogramRef histogram_at(const series::SeriesChunk& chunk, std::size_t sample) {
  if (!chunk.float_histograms.empty() && chunk.float_histograms[sample] != nullptr) {
    return chunk.float_histograms[sample];
  }
  if (chunk.histogram == nullptr || is_absent(number_of_sample(chunk.values[sample]))) return nullptr;
  return ChunkHistograms(chunk).at(sample);
}

series::FloatHistogramRef with_found_reset(const series::FloatHistogram& now,
                                           const series::FloatHistogram& before) {
  auto changed = std::make_shared<series::FloatHistogram>(now);
  changed->hint = is_reset(now, before) ? series::ResetHint::reset : series::ResetHint::not_reset;
  return changed;
}

/// Whether each count began at or before its first sample.
bool have_begun(const series::SeriesChunk& chunk) {
  return std::ranges::all_of(chunk.starts, [&](const series::CountStart& start) {
    return start.time_ms <= chunk.times_ms[start.sample];
  });
}

/// The first and the last histogram of each window and of the chunk, and those on both sides of a reset. So
/// each chunk has one in each window that it reaches into.
std::vector<bool> needed_histograms(const series::SeriesChunk& chunk, const WindowEdges& edges) {
  const auto times = chunk.times_ms;
  std::vector<bool> needed(times.size());
  if (times.empty()) return needed;
  needed.front() = needed.back() = true;
  WindowPlace place;
  for (std::size_t step = 0; step < edges.grid.count; ++step) {
    const std::int64_t end = edges.shape.shift.reference(edges.grid.time_of(step));
    place.move(times, end - edges.shape.range_ms, end);
    if (place.size() == 0) continue;
    needed[place.begin] = needed[place.end - 1] = true;
  }
  const auto need_beside = [&](std::size_t sample) {
    needed[sample] = true;
    if (sample > 0) needed[sample - 1] = true;
  };
  for (const series::CountStart& start : chunk.starts) need_beside(start.sample);
  for (const std::vector<std::uint64_t>& counts : chunk.histogram->counts) {
    each_fall(std::span(counts), need_beside);
  }
  return needed;
}

/// Sets the histograms of a chunk: those that windows need, or without `edges` all.
void make_histograms(const series::SeriesChunk& chunk, const ChunkHistograms& own, const WindowEdges* edges,
                     std::vector<series::FloatHistogramRef>& made) {
  const std::vector<bool> needed =
      edges == nullptr ? std::vector<bool>(chunk.times_ms.size(), true) : needed_histograms(chunk, *edges);
  std::vector<std::size_t> samples;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i] && !is_absent(number_of_sample(chunk.values[i]))) samples.push_back(i);
  }
  auto all = own.of(samples);
  for (std::size_t i = 0; i < samples.size(); ++i) made[samples[i]] = std::move(all[i]);
}

void forget_if_unknown(std::vector<std::int64_t>& starts) {
  if (std::ranges::all_of(starts, [](std::int64_t start) { return start == 0; })) starts.clear();
}

}  // namespace

void SampleColumns::clear() {
  times.clear();
  values.clear();
  weights.clear();
  histogram_weights.clear();
  starts.clear();
  only_start = 0;
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
  for (const auto& one : histograms) {
    bytes += kNumber + sizeof(one) + (one == nullptr ? 0 : EvalSeries::bytes_of(*one));
  }
  return bytes;
}

bool SampleColumns::is_of_one_count(const series::SeriesChunk& chunk) const noexcept {
  if (!starts.empty()) return false;
  if (chunk.starts.empty() || chunk.times_ms.empty()) return true;
  const series::CountStart& start = chunk.starts.front();
  // A view that joins chunks repeats the start of each.
  const bool is_one = std::ranges::all_of(
      chunk.starts, [&](const series::CountStart& one) { return one.time_ms == start.time_ms; });
  return is_one && start.sample == 0 && start.time_ms <= chunk.times_ms.front() &&
         (times.empty() || start.time_ms == only_start);
}

void SampleColumns::append(const series::SeriesChunk& chunk, const WindowEdges* edges) {
  const bool is_of_numbers = chunk.histogram == nullptr && chunk.float_histograms.empty();
  if (is_of_numbers && is_of_one_count(chunk)) {
    if (!chunk.starts.empty() && times.empty()) only_start = chunk.starts.front().time_ms;
    append_numbers(chunk);
    return;
  }
  spread_start();
  StartWalk started(chunk.starts);
  std::optional<ChunkHistograms> own;
  if (chunk.histogram != nullptr) own.emplace(chunk);
  const bool skips = edges != nullptr && own && chunk.float_histograms.empty() &&
                     !has_special(chunk.values) && have_begun(chunk);
  std::vector<series::FloatHistogramRef> made(chunk.histogram == nullptr ? 0 : chunk.times_ms.size());
  if (own) make_histograms(chunk, *own, skips ? edges : nullptr, made);
  starts.resize(times.size());
  histogram_starts.resize(histogram_times.size());
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    const double value = number_of_sample(chunk.values[i]);
    const std::int64_t start = started.at(i);
    series::FloatHistogramRef histogram;
    if (!chunk.float_histograms.empty()) histogram = chunk.float_histograms[i];
    const bool is_own = histogram == nullptr && own && !is_absent(value);
    if (is_own) histogram = std::move(made[i]);
    if (histogram != nullptr || is_own) {
      histogram_times.push_back(chunk.times_ms[i]);
      histograms.push_back(std::move(histogram));
      histogram_starts.push_back(start);
    } else if (!is_absent(value)) {
      times.push_back(chunk.times_ms[i]);
      values.push_back(value);
      starts.push_back(start);
    }
  }
  forget_if_unknown(starts);
  forget_if_unknown(histogram_starts);
}

void SampleColumns::spread_start() {
  if (const std::int64_t start = std::exchange(only_start, 0); start != 0) starts.assign(times.size(), start);
}

/// The usual case: numbers whose counts began before.
void SampleColumns::append_numbers(const series::SeriesChunk& chunk) {
  if (!has_special(chunk.values)) {
    times.insert(times.end(), chunk.times_ms.begin(), chunk.times_ms.end());
    values.insert(values.end(), chunk.values.begin(), chunk.values.end());
    return;
  }
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    const double value = number_of_sample(chunk.values[i]);
    if (is_absent(value)) continue;
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
  each_fall(values, [&](std::size_t place) { falls.push_back(static_cast<std::uint32_t>(place)); });
  for (std::size_t i = 1; i < histograms.size(); ++i) {
    // A histogram that was left out has no reset beside it.
    if (histograms[i] == nullptr || histograms[i - 1] == nullptr) continue;
    if (is_reset(*histograms[i], *histograms[i - 1]))
      histogram_falls.push_back(static_cast<std::uint32_t>(i));
  }
  has_falls = true;
}

void SampleColumns::find_resets() {
  const auto found = histograms;
  for (std::size_t i = 1; i < histograms.size(); ++i) {
    if (found[i]->hint != series::ResetHint::unknown) continue;
    histograms[i] = with_found_reset(*found[i], *found[i - 1]);
  }
}

void WindowPlace::move(std::span<const std::int64_t> times, std::int64_t after_ms,
                       std::int64_t to_ms) noexcept {
  const std::size_t old_end = std::exchange(end, place_behind(times, end, end_stride_, to_ms));
  end_stride_ = end - old_end;
  const std::size_t old_begin =
      std::exchange(begin, place_behind(times.first(end), begin, begin_stride_, after_ms));
  begin_stride_ = begin - old_begin;
}

void WindowPlace::move(std::span<const std::uint32_t> places, const WindowPlace& samples) noexcept {
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
  const auto part = [](const auto& column, const WindowPlace& place) {
    using Value = typename std::remove_cvref_t<decltype(column)>::value_type;
    if (column.empty()) return std::span<const Value>();
    return std::span<const Value>(column).subspan(place.begin, place.end - place.begin);
  };
  window.times = part(columns_.times, numbers_);
  window.values = part(columns_.values, numbers_);
  window.weights = part(columns_.weights, numbers_);
  window.histogram_weights = part(columns_.histogram_weights, histograms_);
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

bool has_histograms(const series::SeriesChunk& chunk) {
  return chunk.histogram != nullptr ||
         std::ranges::any_of(chunk.float_histograms, [](const auto& one) { return one != nullptr; });
}

void LastSamples::add(const series::SeriesChunk& chunk, EvalSeries& into) {
  const auto times = chunk.times_ms;
  if (times.empty()) return;
  const bool is_plain =
      chunk.histogram == nullptr && chunk.float_histograms.empty() && settings_.part == SamplePart::value;
  std::size_t place = 0;  // the sample behind the last one at or before the step
  std::size_t stride = 1;
  Last now;
  std::size_t of_now = times.size();  // the place of `now`
  for (; step_ < grid_.count; ++step_) {
    const std::int64_t at = settings_.shift.reference(grid_.time_of(step_));
    if (times.back() < at) break;
    if (times.front() > at) {
      set(last_, at, into);
      continue;
    }
    const std::size_t before = place;
    place = place_behind(times, place, stride, at);
    stride = place - before;
    const std::size_t found = place - 1;
    if (!is_plain) {
      if (of_now != found) now = read(chunk, found);
      of_now = found;
      set(now, at, into);
    } else if (times[found] > at - settings_.lookback_ms) {
      const double number = number_of_sample(chunk.values[found]);
      if (!is_absent(number)) into.set(step_, number);
    }
  }
  last_ = read(chunk, times.size() - 1);
  if (settings_.finds_resets) last_histogram_ = histogram_before(chunk, times.size());
}

void LastSamples::finish(EvalSeries& into) {
  for (; step_ < grid_.count; ++step_) set(last_, settings_.shift.reference(grid_.time_of(step_)), into);
}

LastSamples::Last LastSamples::read(const series::SeriesChunk& chunk, std::size_t place) const {
  Last last;
  last.time_ms = chunk.times_ms[place];
  last.number = number_of_sample(chunk.values[place]);
  if (settings_.part == SamplePart::start) {
    StartWalk starts(chunk.starts);
    last.start_ms = starts.at(place);
  }
  last.histogram = histogram_at(chunk, place);
  if (last.histogram == nullptr || !settings_.finds_resets) return last;
  if (last.histogram->hint != series::ResetHint::unknown) return last;
  if (const auto before = histogram_before(chunk, place)) {
    last.histogram = with_found_reset(*last.histogram, *before);
  }
  return last;
}

series::FloatHistogramRef LastSamples::histogram_before(const series::SeriesChunk& chunk,
                                                        std::size_t place) const {
  while (place-- > 0) {
    if (auto histogram = histogram_at(chunk, place)) return histogram;
  }
  return last_histogram_;
}

void LastSamples::set(const Last& last, std::int64_t at_ms, EvalSeries& into) const {
  constexpr double kMillisecondsPerSecond = 1000;
  const bool is_there = last.histogram != nullptr || !is_absent(last.number);
  if (!is_there || last.time_ms <= at_ms - settings_.lookback_ms) return;
  if (settings_.part != SamplePart::value) {
    const std::int64_t time = settings_.part == SamplePart::start ? last.start_ms : last.time_ms;
    into.set(step_, static_cast<double>(time) / kMillisecondsPerSecond);
  } else if (last.histogram != nullptr) {
    into.set(step_, last.histogram);
  } else {
    into.set(step_, last.number);
  }
}

}  // namespace kymo::KYMO_ABI::query
