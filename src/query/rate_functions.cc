// Functions of how a series changes within a range.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

#include "interpolation.h"
#include "range_functions.h"
#include "sample_births.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// How a window's samples are read: as a count that only grows, or as a level.
struct RateKind {
  bool is_counter = false;
  bool is_per_second = false;
};

/// The change of a window's samples, and what is needed to extrapolate it.
struct Change {
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::size_t intervals = 0;
  std::int64_t start_ms = 0;  ///< when the first sample's count began; 0: unknown
  double first = 0;           ///< the first sample, or its count
  double total = 0;           ///< the change, or its count
};

/// Where a range begins and ends.
struct Edges {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
};

double number_change(const RangeCall& call, const Window& window, bool is_counter) {
  double change = window.values.back() - window.values.front();
  if (!is_counter) return change;
  if (window.has_falls && window.starts.empty()) {
    for (const std::uint32_t place : window.falls) change += window.values[place - window.first - 1];
    return change;
  }
  bool has_noted = false;
  for (std::size_t i = 1; i < window.values.size(); ++i) {
    bool is_new = window.values[i] < window.values[i - 1];
    if (!window.starts.empty()) {
      const Birth before = birth_at(window.starts, window.times, i - 1);
      const Birth now = birth_at(window.starts, window.times, i);
      if (!has_noted && overlaps(before, now)) {
        call.notes.add_overlap(call.span, call.metric);
        has_noted = true;
      }
      is_new = is_new || is_reborn(before, now);
    }
    if (is_new) change += window.values[i - 1];
  }
  return change;
}

bool is_new_histogram(const Window& window, std::size_t place) {
  if (is_reborn(birth_at(window.histogram_starts, window.histogram_times, place - 1),
                birth_at(window.histogram_starts, window.histogram_times, place))) {
    return true;
  }
  if (window.has_falls) {
    return std::ranges::binary_search(window.histogram_falls,
                                      static_cast<std::uint32_t>(place + window.first_histogram));
  }
  return is_reset(*window.histograms[place], *window.histograms[place - 1]);
}

/// Notes histograms of the wrong kind. False where their buckets do not fit.
bool check_histograms(const RangeCall& call, std::span<const FloatHistogramRef> histograms, bool is_counter,
                      bool skips_first) {
  using series::ResetHint;
  // One that was left out is like one that is there; see needed_histograms().
  const auto is_gauge = [](const FloatHistogramRef& one) {
    return one != nullptr && one->hint == ResetHint::gauge;
  };
  if (is_counter && std::ranges::any_of(histograms, is_gauge)) call.note(Note::not_counter);
  const bool has_custom = histograms.back()->has_custom_bounds();
  const auto to_check = is_counter ? histograms.subspan(skips_first ? 1 : 0) : histograms;
  const bool fit = (is_counter || histograms.front()->has_custom_bounds() == has_custom) &&
                   (!is_counter || std::ranges::all_of(to_check, [&](const FloatHistogramRef& one) {
                     return one == nullptr || one->has_custom_bounds() == has_custom;
                   }));
  if (!fit) call.note(Note::mixed_bounds);
  return fit;
}

/// The change of at least two histograms; null where they do not fit.
std::shared_ptr<FloatHistogram> histogram_change(const RangeCall& call, const Window& window,
                                                 bool is_counter) {
  using series::ResetHint;
  const auto histograms = window.histograms;
  // The first histogram does not count where counting began anew right behind it.
  const bool skips_first = is_counter && is_new_histogram(window, 1);
  if (!check_histograms(call, histograms, is_counter, skips_first)) return nullptr;
  const Interpolation sums{call.notes, call.span, call.metric};
  std::int32_t schema = histograms.back()->schema;
  if (is_counter) {
    for (std::size_t i = skips_first ? 1 : 0; i < histograms.size(); ++i) {
      if (histograms[i] != nullptr) schema = std::min(schema, histograms[i]->schema);
    }
  }
  auto change = std::make_shared<FloatHistogram>(in_schema(*histograms.back(), schema));
  FloatHistogram nothing;
  if (skips_first) {
    nothing.schema = histograms[1]->schema;
    nothing.bounds = histograms[1]->bounds;
  }
  if (!sums.subtract(*change, skips_first ? nothing : *histograms.front())) return nullptr;
  if (is_counter && window.has_falls && window.histogram_starts.empty()) {
    for (const std::uint32_t fall : window.histogram_falls) {
      const std::size_t i = fall - window.first_histogram;
      if (!(i == 1 && skips_first) && !sums.add(*change, *histograms[i - 1])) return nullptr;
    }
  } else if (is_counter) {
    bool has_noted = false;
    for (std::size_t i = 1; i < histograms.size(); ++i) {
      if (!has_noted && overlaps(birth_at(window.histogram_starts, window.histogram_times, i - 1),
                                 birth_at(window.histogram_starts, window.histogram_times, i))) {
        call.notes.add_overlap(call.span, call.metric);
        has_noted = true;
      }
      const bool is_skipped = i == 1 && skips_first;
      if (!is_skipped && is_new_histogram(window, i) && !sums.add(*change, *histograms[i - 1]))
        return nullptr;
    }
  } else if (histograms.front()->hint != ResetHint::gauge || histograms.back()->hint != ResetHint::gauge) {
    call.note(Note::not_gauge);
  }
  change->hint = ResetHint::gauge;
  compact(*change);
  return change;
}

/// By how much the change between the first and the last sample grows, for all of the range.
///
/// Samples near the borders say how far the series reaches: up to the border, or half an interval where the
/// border is more than 1.1 intervals away. A count never reaches below zero.
[[gnu::always_inline]] inline double extrapolation(const Edges& edges, const Change& change, double sampled,
                                                   bool is_counter, bool is_born_within) {
  const double average = change.intervals == 0 ? 0
                                               : seconds_between(change.first_ms, change.last_ms) /
                                                     static_cast<double>(change.intervals);
  const double threshold = average * 1.1;
  double to_start = is_born_within ? 0 : seconds_between(edges.begin_ms, change.first_ms);
  double to_end = seconds_between(change.last_ms, edges.end_ms);
  if (!is_born_within) {
    if (to_start >= threshold) to_start = average / 2;
    if (is_counter && change.total > 0 && change.first >= 0) {
      to_start = std::min(to_start, sampled * (change.first / change.total));
    }
  }
  if (to_end >= threshold) to_end = average / 2;
  return sampled == 0 ? 1 : (sampled + to_start + to_end) / sampled;
}

std::size_t intervals_between(std::size_t samples, std::span<const double> weights) {
  if (samples < 2 || weights.empty()) return samples - 1;
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  return static_cast<std::size_t>(std::max(all, static_cast<double>(samples))) - 1;
}

Change change_of(const RangeCall& call, const Window& window, bool is_counter) {
  Change change;
  if (!window.histograms.empty()) {
    change.intervals = intervals_between(window.histograms.size(), window.histogram_weights);
    change.first_ms = window.histogram_times.front();
    change.last_ms = window.histogram_times.back();
    change.start_ms = window.histogram_starts.empty() ? 0 : window.histogram_starts.front();
    change.first = window.histograms.front()->count;
    return change;
  }
  change.intervals = intervals_between(window.values.size(), window.weights);
  change.first_ms = window.times.front();
  change.last_ms = window.times.back();
  change.start_ms = window.starts.empty() ? 0 : window.starts.front();
  change.first = window.values.front();
  change.total = number_change(call, window, is_counter);
  return change;
}

RangeValue plain_rate(const RangeCall& call, const Window& window, RateKind kind) {
  const bool has_histograms = !window.histograms.empty();
  Change change = change_of(call, window, kind.is_counter);
  std::shared_ptr<FloatHistogram> histogram;
  if (has_histograms && change.intervals > 0) {
    histogram = histogram_change(call, window, kind.is_counter);
    if (histogram == nullptr) return {};
    change.total = histogram->count;
  }
  const bool is_born_within = kind.is_counter && change.start_ms != 0 && change.start_ms > window.begin_ms &&
                              change.start_ms < change.first_ms;
  if (!is_born_within && change.intervals == 0) return {};
  double sampled = seconds_between(change.first_ms, change.last_ms);
  if (is_born_within) {
    sampled = seconds_between(change.start_ms, change.last_ms);
    if (!has_histograms) {
      change.total += change.first;
    } else if (histogram == nullptr) {
      histogram = std::make_shared<FloatHistogram>(*window.histograms.front());
    } else if (!Interpolation{call.notes, call.span, call.metric}.add(*histogram,
                                                                      *window.histograms.front())) {
      return {};
    }
  }
  double factor =
      extrapolation({window.begin_ms, window.end_ms}, change, sampled, kind.is_counter, is_born_within);
  if (kind.is_per_second) factor /= window.range_seconds();
  if (!has_histograms) return {change.total * factor, nullptr};
  multiply(*histogram, factor);
  return {kAbsent, std::move(histogram)};
}

/// The samples of an extended window that matter: the last one at or before its begin, up to its end.
struct ExtendedPart {
  std::size_t first = 0;
  std::size_t last = 0;
  bool is_there = false;
};

ExtendedPart extended_part(std::span<const std::int64_t> times, const Window& window) {
  const bool is_smoothed = window.edges == RangeEdges::smoothed;
  ExtendedPart part;
  part.last = times.size() - 1;
  const auto inside = times.first(part.last);
  const auto after = std::ranges::upper_bound(inside, window.begin_ms) - inside.begin();
  part.first = static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - 1, 0));
  if (is_smoothed) {
    part.last = static_cast<std::size_t>(std::ranges::lower_bound(inside, window.end_ms) - inside.begin());
  }
  part.is_there = times[part.last] > window.begin_ms && (!is_smoothed || times[part.first] <= window.end_ms);
  return part;
}

RangeValue extended_number_rate(const Window& window, RateKind kind) {
  const ExtendedPart part = extended_part(window.times, window);
  if (!part.is_there) return {};
  const bool is_smoothed = window.edges == RangeEdges::smoothed;
  const auto& times = window.times;
  const auto& values = window.values;
  const auto between = [&](std::size_t place, std::int64_t at) {
    return interpolate(values[place], times[place], values[place + 1], times[place + 1], at, kind.is_counter);
  };
  const bool cuts_left = is_smoothed && times[part.first] < window.begin_ms;
  const bool cuts_right = is_smoothed && part.last > 0 && times[part.last] > window.end_ms;
  const double left = cuts_left ? between(part.first, window.begin_ms) : values[part.first];
  const double right = cuts_right ? between(part.last - 1, window.end_ms) : values[part.last];
  double change = right - left;
  if (kind.is_counter) {
    std::size_t begin = part.first;
    std::size_t end = part.last + 1;
    if (times[part.first] <= window.begin_ms) ++begin;
    if (times[part.last] >= window.end_ms) --end;
    double before = left;
    for (std::size_t i = begin; i < end; ++i) {
      if (values[i] < before) change += before;
      before = values[i];
    }
    if (right < before) change += before;
  }
  return {kind.is_per_second ? change / window.range_seconds() : change, nullptr};
}

/// Adds the loss at resets between the edges of an extended range. False where histograms do not fit.
bool add_resets(const Interpolation& sums, const Window& window, const ExtendedPart& part,
                const FloatHistogramRef& left, const FloatHistogramRef& right, FloatHistogram& change) {
  const auto& histograms = window.histograms;
  std::size_t next = part.first + 1;
  FloatHistogramRef before = left;
  const bool cuts_left =
      window.edges == RangeEdges::smoothed && window.histogram_times[part.first] < window.begin_ms;
  if (cuts_left && is_reset(*histograms[part.first + 1], *histograms[part.first])) {
    before = histograms[part.first + 1];
    ++next;
  }
  if (next > part.last) return true;
  for (; next < part.last; ++next) {
    if (is_reset(*histograms[next], *before) && !sums.add(change, *before)) return false;
    before = histograms[next];
  }
  return !is_reset(*right, *before) || sums.add(change, *before);
}

RangeValue extended_histogram_rate(const RangeCall& call, const Window& window, RateKind kind) {
  using series::ResetHint;
  const ExtendedPart part = extended_part(window.histogram_times, window);
  if (!part.is_there) return {};
  const auto histograms = window.histograms.subspan(part.first, part.last - part.first + 1);
  const auto fits = [&](const FloatHistogramRef& one) {
    return one->has_custom_bounds() == histograms.front()->has_custom_bounds();
  };
  for (const FloatHistogramRef& one : histograms) {
    if (!fits(one)) {
      call.note(Note::mixed_bounds);
      return {};
    }
    if (kind.is_counter && one->hint == ResetHint::gauge) call.note(Note::not_counter);
  }
  const Interpolation sums{call.notes, call.span, call.metric};
  const bool is_smoothed = window.edges == RangeEdges::smoothed;
  const auto& times = window.histogram_times;
  FloatHistogramRef left = window.histograms[part.first];
  FloatHistogramRef right = window.histograms[part.last];
  if (is_smoothed && times[part.first] < window.begin_ms) {
    left = sums.between(window, part.first, window.begin_ms, kind.is_counter);
  }
  if (is_smoothed && part.last > 0 && times[part.last] > window.end_ms) {
    right = sums.between(window, part.last - 1, window.end_ms, kind.is_counter);
  }
  if (left == nullptr || right == nullptr) return {};
  if (!kind.is_counter && (left->hint != ResetHint::gauge || right->hint != ResetHint::gauge)) {
    call.note(Note::not_gauge);
  }
  auto change = std::make_shared<FloatHistogram>(*right);
  if (!sums.subtract(*change, *left)) return {};
  if (kind.is_counter && !add_resets(sums, window, part, left, right, *change)) return {};
  if (kind.is_per_second) divide(*change, window.range_seconds());
  change->hint = ResetHint::gauge;
  compact(*change);
  return {kAbsent, std::move(change)};
}

RangeValue rate_of_kind(const RangeCall& call, const Window& window, RateKind kind) {
  if (!window.values.empty() && !window.histograms.empty()) {
    call.note(Note::mixed_range);
    return {};
  }
  if (window.edges == RangeEdges::plain) return plain_rate(call, window, kind);
  return window.histograms.empty() ? extended_number_rate(window, kind)
                                   : extended_histogram_rate(call, window, kind);
}

RangeValue rate(const RangeCall& call, const Window& window) {
  return rate_of_kind(call, window, {true, true});
}
RangeValue increase(const RangeCall& call, const Window& window) {
  return rate_of_kind(call, window, {true, false});
}
RangeValue delta(const RangeCall& call, const Window& window) {
  return rate_of_kind(call, window, {false, false});
}

/// The results of plain_rate() for all windows of a series of numbers.
template <RateKind kind>
void sweep_rates(const SweepCall& call) {
  const SampleColumns& columns = call.columns;
  WindowPlace place;
  WindowPlace falls;
  for (std::size_t step = 0; step < call.grid.count; ++step) {
    Edges edges;
    edges.end_ms = call.shape.shift.reference(call.grid.time_of(step));
    edges.begin_ms = edges.end_ms - call.shape.range_ms;
    place.move(columns.times, edges.begin_ms, edges.end_ms);
    if (place.size() == 0) continue;
    Change change;
    change.intervals = place.size() - 1;
    change.first_ms = columns.times[place.begin];
    change.last_ms = columns.times[place.end - 1];
    change.first = columns.values[place.begin];
    change.total = columns.values[place.end - 1] - change.first;
    bool is_born_within = false;
    if constexpr (kind.is_counter) {
      falls.move(columns.falls, place);
      for (std::size_t i = falls.begin; i < falls.end; ++i) {
        change.total += columns.values[columns.falls[i] - 1];
      }
      is_born_within = columns.only_start != 0 && columns.only_start > edges.begin_ms &&
                       columns.only_start < change.first_ms;
    }
    if (!is_born_within && change.intervals == 0) continue;
    double sampled = seconds_between(change.first_ms, change.last_ms);
    if (is_born_within) {
      sampled = seconds_between(columns.only_start, change.last_ms);
      change.total += change.first;
    }
    double factor = extrapolation(edges, change, sampled, kind.is_counter, is_born_within);
    if constexpr (kind.is_per_second) factor /= seconds_between(edges.begin_ms, edges.end_ms);
    if (const double number = change.total * factor; !is_absent(number)) call.into.set(step, number);
  }
}

constexpr std::array<std::pair<std::string_view, RangeSweep>, 3> kRateSweeps = {{
    {"delta", sweep_rates<RateKind{false, false}>},
    {"increase", sweep_rates<RateKind{true, false}>},
    {"rate", sweep_rates<RateKind{true, true}>},
}};

constexpr std::array<std::pair<std::string_view, RangeFunction>, 3> kRateFunctions = {{
    {"delta", delta},
    {"increase", increase},
    {"rate", rate},
}};

}  // namespace

RangeSweep find_rate_sweep(std::string_view name) noexcept {
  const auto found = std::ranges::find(kRateSweeps, name, &std::pair<std::string_view, RangeSweep>::first);
  return found == kRateSweeps.end() ? nullptr : found->second;
}

RangeFunction find_rate_function(std::string_view name) noexcept {
  const auto found =
      std::ranges::find(kRateFunctions, name, &std::pair<std::string_view, RangeFunction>::first);
  return found == kRateFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
