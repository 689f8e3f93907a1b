// Functions of the changes from sample to sample within a range.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include "interpolation.h"
#include "range_functions.h"
#include "sample_births.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// A number or histogram of a window.
struct MergedSample {
  Birth birth;
  double number = kAbsent;
  const FloatHistogramRef* histogram = nullptr;
};

/// The samples of a window in order of time, whatever they are.
class MergedWalk {
 public:
  explicit MergedWalk(const Window& window) : window_(window) {}

  /// Begins at the last sample at or before the begin of an anchored range. False where nothing is behind.
  bool skip_to_anchor() {
    if (window_.edges != RangeEdges::anchored) return true;
    const auto count_before = [&](std::span<const std::int64_t> times) {
      return static_cast<std::size_t>(std::ranges::upper_bound(times, window_.begin_ms) - times.begin());
    };
    number_ = count_before(window_.times);
    histogram_ = count_before(window_.histogram_times);
    if (number_ >= window_.times.size() && histogram_ >= window_.histogram_times.size()) return false;
    const bool has_number = number_ > 0;
    const bool has_histogram = histogram_ > 0;
    if (!has_number && !has_histogram) return true;
    if (!has_histogram ||
        (has_number && window_.times[number_ - 1] >= window_.histogram_times[histogram_ - 1])) {
      --number_;
    } else {
      --histogram_;
    }
    return true;
  }

  [[nodiscard]] bool next(MergedSample& sample) {
    const bool has_number = number_ < window_.times.size();
    const bool has_histogram = histogram_ < window_.histogram_times.size();
    if (!has_number && !has_histogram) return false;
    if (has_number && (!has_histogram || window_.times[number_] < window_.histogram_times[histogram_])) {
      sample = {birth_at(window_.starts, window_.times, number_), window_.values[number_], nullptr};
      ++number_;
    } else {
      sample = {birth_at(window_.histogram_starts, window_.histogram_times, histogram_), kAbsent,
                &window_.histograms[histogram_]};
      ++histogram_;
    }
    return true;
  }

 private:
  const Window& window_;
  std::size_t number_ = 0;
  std::size_t histogram_ = 0;
};

template <class Counts>
RangeValue count_between(const Window& window, Counts counts) {
  MergedWalk walk(window);
  MergedSample before;
  if (!walk.skip_to_anchor() || !walk.next(before)) return {};
  double count = 0;
  for (MergedSample now; walk.next(now); before = now) {
    const bool is_other_kind = (now.histogram == nullptr) != (before.histogram == nullptr);
    if (is_other_kind || counts(before, now)) count += 1;
  }
  return {count, nullptr};
}

RangeValue resets(const RangeCall&, const Window& window) {
  return count_between(window, [](const MergedSample& before, const MergedSample& now) {
    if (is_reborn(before.birth, now.birth)) return true;
    return now.histogram == nullptr ? now.number < before.number
                                    : is_reset(**now.histogram, **before.histogram);
  });
}

RangeValue changes(const RangeCall&, const Window& window) {
  return count_between(window, [](const MergedSample& before, const MergedSample& now) {
    if (now.histogram != nullptr) return !is_same(**now.histogram, **before.histogram);
    return now.number != before.number && !(std::isnan(now.number) && std::isnan(before.number));
  });
}

/// The change between the last two samples.
RangeValue last_change(const RangeCall& call, const Window& window, bool is_rate) {
  if (window.times.size() + window.histogram_times.size() < 2) return {};
  MergedSample before;
  MergedSample now;
  // The last two of both kinds are among the last two of each.
  Window tail = window;
  const auto last_two = [](auto column) { return column.size() > 2 ? column.last(2) : column; };
  tail.times = last_two(tail.times);
  tail.values = last_two(tail.values);
  tail.starts = last_two(tail.starts);
  tail.histogram_times = last_two(tail.histogram_times);
  tail.histograms = last_two(tail.histograms);
  tail.histogram_starts = last_two(tail.histogram_starts);
  MergedWalk walk(tail);
  MergedSample next;
  for (bool has_one = walk.next(now); has_one && walk.next(next); now = next) before = now;
  const double seconds = seconds_between(before.birth.time_ms, now.birth.time_ms);
  if (seconds == 0) return {};
  if ((now.histogram == nullptr) != (before.histogram == nullptr)) {
    call.note(Note::mixed_range);
    return {};
  }
  if (now.histogram == nullptr) {
    const bool is_new = is_rate && (now.number < before.number || is_reborn(before.birth, now.birth));
    const double change = is_new ? now.number : now.number - before.number;
    return {is_rate ? change / seconds : change, nullptr};
  }
  using series::ResetHint;
  const FloatHistogram& last = **now.histogram;
  const FloatHistogram& first = **before.histogram;
  const bool has_gauge = last.hint == ResetHint::gauge || first.hint == ResetHint::gauge;
  const bool are_gauges = last.hint == ResetHint::gauge && first.hint == ResetHint::gauge;
  if (is_rate && has_gauge) call.note(Note::not_counter);
  if (!is_rate && !are_gauges) call.note(Note::not_gauge);
  auto change = std::make_shared<FloatHistogram>(last);
  if (!is_rate || !(is_reborn(before.birth, now.birth) || is_reset(last, first))) {
    if (!Interpolation{call.notes, call.span, call.metric}.subtract(*change, first)) return {};
  }
  change->hint = ResetHint::gauge;
  compact(*change);
  if (is_rate) divide(*change, seconds);
  return {kAbsent, std::move(change)};
}

RangeValue irate(const RangeCall& call, const Window& window) { return last_change(call, window, true); }
RangeValue idelta(const RangeCall& call, const Window& window) { return last_change(call, window, false); }

constexpr std::array<std::pair<std::string_view, RangeFunction>, 4> kChangeFunctions = {{
    {"changes", changes},
    {"idelta", idelta},
    {"irate", irate},
    {"resets", resets},
}};

}  // namespace

RangeFunction find_change_function(std::string_view name) noexcept {
  const auto found =
      std::ranges::find(kChangeFunctions, name, &std::pair<std::string_view, RangeFunction>::first);
  return found == kChangeFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
