#include "interpolation.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace kymo::KYMO_ABI::query {

double interpolate(double left, std::int64_t left_ms, double right, std::int64_t right_ms, std::int64_t at_ms,
                   bool is_counter) noexcept {
  if (is_counter && right < left) left = 0;
  return left +
         (right - left) * static_cast<double>(at_ms - left_ms) / static_cast<double>(right_ms - left_ms);
}

std::optional<double> Interpolation::number_at(const Window& window, std::int64_t at_ms) const {
  const auto next = std::ranges::lower_bound(window.times, at_ms);
  const auto place = static_cast<std::size_t>(next - window.times.begin());
  const bool has_next = next != window.times.end();
  if (has_next && *next == at_ms) return window.values[place];
  if (place == 0) return std::nullopt;
  if (!has_next) return window.values[place - 1];
  return interpolate(window.values[place - 1], window.times[place - 1], window.values[place],
                     window.times[place], at_ms, false);
}

FloatHistogramRef Interpolation::histogram_at(const Window& window, std::int64_t at_ms) const {
  const auto next = std::ranges::lower_bound(window.histogram_times, at_ms);
  const auto place = static_cast<std::size_t>(next - window.histogram_times.begin());
  const bool has_next = next != window.histogram_times.end();
  if (has_next && *next == at_ms) return window.histograms[place];
  if (place == 0) return nullptr;
  const FloatHistogram& before = *window.histograms[place - 1];
  if (!has_next) {
    auto made = std::make_shared<FloatHistogram>(before);
    made->hint = series::ResetHint::unknown;
    return made;
  }
  const bool is_counter =
      before.hint != series::ResetHint::gauge || window.histograms[place]->hint != series::ResetHint::gauge;
  return between(window, place - 1, at_ms, is_counter);
}

FloatHistogramRef Interpolation::between(const Window& window, std::size_t place, std::int64_t at_ms,
                                         bool is_counter) const {
  const std::int64_t left_ms = window.histogram_times[place];
  const std::int64_t right_ms = window.histogram_times[place + 1];
  const FloatHistogramRef& left = window.histograms[place];
  const FloatHistogramRef& right = window.histograms[place + 1];
  if (at_ms == left_ms) return left;
  if (at_ms == right_ms) return right;
  if (left->has_custom_bounds() != right->has_custom_bounds()) {
    notes.add(Note::mixed_bounds, span, metric);
    return nullptr;
  }
  const double fraction = static_cast<double>(at_ms - left_ms) / static_cast<double>(right_ms - left_ms);
  auto made = std::make_shared<FloatHistogram>(*right);
  if (is_counter && is_reset(*right, *left)) {
    multiply(*made, fraction);
    return made;
  }
  if (!subtract(*made, *left)) return nullptr;
  multiply(*made, fraction);
  if (!add(*made, *left)) return nullptr;
  return made;
}

bool Interpolation::add(FloatHistogram& into, const FloatHistogram& other) const {
  const HistogramOutcome outcome = query::add(into, other);
  if (!outcome.is_compatible) notes.add(Note::mixed_bounds, span, metric);
  if (outcome.changed_bounds) notes.add(Note::changed_bounds, span, "addition");
  return outcome.is_compatible;
}

bool Interpolation::subtract(FloatHistogram& from, const FloatHistogram& other) const {
  const HistogramOutcome outcome = query::subtract(from, other);
  if (!outcome.is_compatible) notes.add(Note::mixed_bounds, span, metric);
  if (outcome.changed_bounds) notes.add(Note::changed_bounds, span, "subtraction");
  return outcome.is_compatible;
}

}  // namespace kymo::KYMO_ABI::query
