// Functions that summarize the samples in a range.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "number_texts.h"
#include "order.h"
#include "range_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

RangeValue number_value(double number) { return {number, nullptr}; }

/// Functions of numbers leave histograms out, and say so.
bool has_numbers(const RangeCall& call, const Window& window, std::size_t least = 1) {
  if (!window.values.empty() && !window.histograms.empty()) call.note(Note::ignored_in_range);
  return window.values.size() >= least;
}

/// Notes what happened to the histograms of a sum or mean.
void note_histograms(const RangeCall& call, std::span<const FloatHistogramRef> histograms,
                     const HistogramOutcome& outcome) {
  using series::ResetHint;
  const auto has_hint = [&](ResetHint hint) {
    return std::ranges::any_of(histograms, [&](const FloatHistogramRef& one) { return one->hint == hint; });
  };
  if (has_hint(ResetHint::reset) && has_hint(ResetHint::not_reset)) {
    call.notes.add(Note::reset_conflict, call.span, "aggregation");
  }
  if (outcome.changed_bounds) call.notes.add(Note::changed_bounds, call.span, "aggregation");
}

/// Sums up histograms with HistogramSum or HistogramMean.
template <class Sum>
RangeValue sum_histograms(const RangeCall& call, const Window& window) {
  Sum sum(*window.histograms.front());
  HistogramOutcome outcome;
  for (const FloatHistogramRef& one : window.histograms.subspan(1)) {
    outcome |= sum.add(*one);
    if (outcome.is_compatible) continue;
    call.note(Note::mixed_bounds);
    return {};
  }
  note_histograms(call, window.histograms, outcome);
  return {kAbsent, std::make_shared<const FloatHistogram>(sum.value())};
}

bool is_mixed(const RangeCall& call, const Window& window) {
  const bool is_mixed = !window.values.empty() && !window.histograms.empty();
  if (is_mixed) call.note(Note::mixed_range);
  return is_mixed;
}

RangeValue sum_over_time(const RangeCall& call, const Window& window) {
  if (is_mixed(call, window)) return {};
  if (window.values.empty()) return sum_histograms<HistogramSum>(call, window);
  Compensated sum;
  for (const double value : window.values) sum += value;
  return number_value(sum.value());
}

RangeValue avg_over_time(const RangeCall& call, const Window& window) {
  if (is_mixed(call, window)) return {};
  if (window.values.empty()) return sum_histograms<HistogramMean>(call, window);
  if (!window.weights.empty()) {
    Compensated sum;
    for (const double value : window.values) sum += value;
    const double count = std::accumulate(window.weights.begin(), window.weights.end(), 0.0);
    return number_value(sum.value() / count);
  }
  CompensatedMean mean(window.values.front());
  for (const double value : window.values.subspan(1)) mean += value;
  return number_value(mean.value());
}

RangeValue count_over_time(const RangeCall&, const Window& window) {
  return number_value(static_cast<double>(window.values.size() + window.histograms.size()));
}

RangeValue present_over_time(const RangeCall&, const Window&) { return number_value(1); }

bool is_first_a_number(const Window& window) {
  return window.histograms.empty() ||
         (!window.times.empty() && window.times.front() < window.histogram_times.front());
}

bool is_last_a_number(const Window& window) {
  return window.histograms.empty() ||
         (!window.times.empty() && window.times.back() > window.histogram_times.back());
}

RangeValue first_over_time(const RangeCall&, const Window& window) {
  if (is_first_a_number(window)) return number_value(window.values.front());
  return {kAbsent, window.histograms.front()};
}

RangeValue last_over_time(const RangeCall&, const Window& window) {
  if (is_last_a_number(window)) return number_value(window.values.back());
  return {kAbsent, window.histograms.back()};
}

double seconds_of_time(std::int64_t time_ms) noexcept { return static_cast<double>(time_ms) / 1000; }

RangeValue ts_of_first_over_time(const RangeCall&, const Window& window) {
  return number_value(
      seconds_of_time(is_first_a_number(window) ? window.times.front() : window.histogram_times.front()));
}

RangeValue ts_of_last_over_time(const RangeCall&, const Window& window) {
  return number_value(
      seconds_of_time(is_last_a_number(window) ? window.times.back() : window.histogram_times.back()));
}

/// The place of the value that wins against all others; NaN loses.
template <class Wins>
std::size_t best_of(std::span<const double> values, Wins wins) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (wins(values[i], values[best]) || std::isnan(values[best])) best = i;
  }
  return best;
}

template <class Wins>
RangeValue extreme(const RangeCall& call, const Window& window, Wins wins) {
  if (!has_numbers(call, window)) return {};
  return number_value(window.values[best_of(window.values, wins)]);
}

template <class Wins>
RangeValue time_of_extreme(const RangeCall& call, const Window& window, Wins wins) {
  if (!has_numbers(call, window)) return {};
  return number_value(seconds_of_time(window.times[best_of(window.values, wins)]));
}

RangeValue max_over_time(const RangeCall& call, const Window& window) {
  return extreme(call, window, std::greater<double>());
}
RangeValue min_over_time(const RangeCall& call, const Window& window) {
  return extreme(call, window, std::less<double>());
}
RangeValue ts_of_max_over_time(const RangeCall& call, const Window& window) {
  return time_of_extreme(call, window, std::greater_equal<double>());
}
RangeValue ts_of_min_over_time(const RangeCall& call, const Window& window) {
  return time_of_extreme(call, window, std::less_equal<double>());
}

/// The best value of a run, as best_of() finds it.
template <class Wins>
double best_value(std::span<const double> values, Wins wins) {
  double best = values.front();
  for (const double value : values) {
    if (wins(value, best) || std::isnan(best)) best = value;
  }
  return best;
}

/// The greatest or least value of each window. The begins and ends of all windows cut the samples into parts,
/// so that each sample is looked at once. A part leaves once a later one has a better value.
template <class Wins>
void sweep_extremes(const SweepCall& call) {
  struct Part {
    std::size_t begin = 0;
    double best = 0;
  };
  const Wins wins;
  const std::span<const double> values = call.columns.values;
  std::vector<WindowPlace> places(call.grid.count);
  WindowPlace walk;
  for (std::size_t step = 0; step < places.size(); ++step) {
    const std::int64_t end = call.shape.shift.reference(call.grid.time_of(step));
    walk.move(call.columns.times, end - call.shape.range_ms, end);
    places[step] = walk;
  }
  std::vector<Part> parts;
  parts.reserve(2 * places.size());
  std::size_t first = 0;  // the part that begins the window
  std::size_t at = 0;
  std::size_t next_begin = 0;
  for (std::size_t step = 0; step < places.size(); ++step) {
    const auto [begin, end] = std::pair(places[step].begin, places[step].end);
    for (at = std::max(at, begin); at < end;) {
      while (next_begin < places.size() && places[next_begin].begin <= at) ++next_begin;
      const std::size_t to = next_begin < places.size() ? std::min(end, places[next_begin].begin) : end;
      const double best = best_value(values.subspan(at, to - at), wins);
      while (parts.size() > first && wins(best, parts.back().best)) parts.pop_back();
      if (!std::isnan(best)) parts.push_back({at, best});
      at = to;
    }
    while (first < parts.size() && parts[first].begin < begin) ++first;
    if (begin == end) continue;
    // Without a part, all values are NaN.
    call.into.set(step, first < parts.size() ? parts[first].best : values[end - 1]);
  }
}

RangeValue quantile_over_time(const RangeCall& call, const Window& window) {
  if (window.values.empty()) return {};
  const double q = call.scalars.front();
  if (std::isnan(q) || q < 0 || q > 1) {
    call.notes.add(Note::invalid_quantile, call.span, general_number_text(q));
  }
  static_cast<void>(has_numbers(call, window));
  std::vector<double> values(window.values.begin(), window.values.end());
  return number_value(quantile_among(q, values));
}

RangeValue mad_over_time(const RangeCall& call, const Window& window) {
  constexpr double kMedian = 0.5;
  if (!has_numbers(call, window)) return {};
  if (std::ranges::any_of(window.values, [](double value) { return std::isnan(value); })) {
    return number_value(kNan);
  }
  std::vector<double> values(window.values.begin(), window.values.end());
  const double median = quantile_among(kMedian, values);
  for (double& value : values) value = std::abs(value - median);
  return number_value(quantile_among(kMedian, values));
}

/// Source: B. P. Welford, as in the aggregator `stdvar`, with compensated sums.
double variance_of_values(std::span<const double> values) {
  Compensated mean;
  Compensated squares;
  double count = 0;
  for (const double value : values) {
    count += 1;
    const double distance = value - (mean.sum + mean.lost);
    mean += distance / count;
    squares += distance * (value - (mean.sum + mean.lost));
  }
  return (squares.sum + squares.lost) / count;
}

RangeValue stdvar_over_time(const RangeCall& call, const Window& window) {
  if (!has_numbers(call, window)) return {};
  return number_value(variance_of_values(window.values));
}
RangeValue stddev_over_time(const RangeCall& call, const Window& window) {
  if (!has_numbers(call, window)) return {};
  return number_value(std::sqrt(variance_of_values(window.values)));
}

/// A straight line through samples, by least squares.
struct Line {
  double slope = 0;
  double at_origin = 0;
};

Line line_through(const Window& window, std::int64_t origin_ms) {
  const double first = window.values.front();
  if (std::ranges::all_of(window.values, [&](double value) { return value == first; })) {
    return std::isinf(first) ? Line{kNan, kNan} : Line{0, first};
  }
  Compensated sum_x;
  Compensated sum_y;
  Compensated sum_xy;
  Compensated sum_xx;
  for (std::size_t i = 0; i < window.values.size(); ++i) {
    const double x = seconds_of_time(window.times[i] - origin_ms);
    const double y = window.values[i];
    sum_x += x;
    sum_y += y;
    sum_xy += x * y;
    sum_xx += x * x;
  }
  const auto total = [](const Compensated& one) { return one.sum + one.lost; };
  const auto count = static_cast<double>(window.values.size());
  const double covariance = total(sum_xy) - total(sum_x) * total(sum_y) / count;
  const double variance = total(sum_xx) - total(sum_x) * total(sum_x) / count;
  const double slope = covariance / variance;
  return {slope, total(sum_y) / count - slope * total(sum_x) / count};
}

/// Two numbers at least; histograms beside a single one are noted too.
bool has_two_numbers(const RangeCall& call, const Window& window) { return has_numbers(call, window, 2); }

RangeValue deriv(const RangeCall& call, const Window& window) {
  if (!has_two_numbers(call, window)) return {};
  return number_value(line_through(window, window.times.front()).slope);
}

RangeValue predict_linear(const RangeCall& call, const Window& window) {
  if (!has_two_numbers(call, window)) return {};
  const Line line = line_through(window, window.time_ms);
  return number_value(line.slope * call.scalars.front() + line.at_origin);
}

/// Source: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages" (1957).
RangeValue double_exponential_smoothing(const RangeCall& call, const Window& window) {
  const double level_factor = call.scalars[0];
  const double trend_factor = call.scalars[1];
  const auto check = [&](double factor, std::string_view name) {
    if (factor > 0 && factor < 1) return;
    call.context.fail("invalid " + std::string(name) + " factor " + general_number_text(factor), call.span,
                      "expected a number between 0 and 1");
  };
  check(level_factor, "smoothing");
  check(trend_factor, "trend");
  if (!has_two_numbers(call, window)) return {};
  double before = 0;
  double level = window.values[0];
  double trend = window.values[1] - window.values[0];
  for (std::size_t i = 1; i < window.values.size(); ++i) {
    if (i > 1) trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
    before = std::exchange(level, level_factor * window.values[i] + (1 - level_factor) * (level + trend));
  }
  return number_value(level);
}

constexpr std::array<std::pair<std::string_view, RangeFunction>, 20> kOverTimeFunctions = {{
    {"absent_over_time", present_over_time},
    {"avg_over_time", avg_over_time},
    {"count_over_time", count_over_time},
    {"deriv", deriv},
    {"double_exponential_smoothing", double_exponential_smoothing},
    {"first_over_time", first_over_time},
    {"last_over_time", last_over_time},
    {"mad_over_time", mad_over_time},
    {"max_over_time", max_over_time},
    {"min_over_time", min_over_time},
    {"predict_linear", predict_linear},
    {"present_over_time", present_over_time},
    {"quantile_over_time", quantile_over_time},
    {"stddev_over_time", stddev_over_time},
    {"stdvar_over_time", stdvar_over_time},
    {"sum_over_time", sum_over_time},
    {"ts_of_first_over_time", ts_of_first_over_time},
    {"ts_of_last_over_time", ts_of_last_over_time},
    {"ts_of_max_over_time", ts_of_max_over_time},
    {"ts_of_min_over_time", ts_of_min_over_time},
}};

}  // namespace

RangeSweep find_over_time_sweep(std::string_view name) noexcept {
  if (name == "max_over_time") return sweep_extremes<std::greater<double>>;
  if (name == "min_over_time") return sweep_extremes<std::less<double>>;
  return nullptr;
}

RangeFunction find_over_time_function(std::string_view name) noexcept {
  const auto found =
      std::ranges::find(kOverTimeFunctions, name, &std::pair<std::string_view, RangeFunction>::first);
  return found == kOverTimeFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
