#include "joined_family.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI {
namespace {

/// A series of one family or of both.
struct Pair {
  SeriesPtr series;
  std::optional<Point> first;
  std::optional<Point> second;

  [[nodiscard]] const Point& any() const { return first ? *first : *second; }
};

using Pairs = std::map<std::string_view, Pair>;  // by labels, the order in output

Pairs pairs_of(const FamilySnapshot& first, const FamilySnapshot& second) {
  Pairs pairs;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const Point point = first.point(i);
    pairs[point.labels.text()] = {(*first.columns().series)[i], point, std::nullopt};
  }
  for (std::size_t i = 0; i < second.size(); ++i) {
    const Point point = second.point(i);
    Pair& pair = pairs[point.labels.text()];
    if (!pair.first) pair.series = (*second.columns().series)[i];
    pair.second = point;
  }
  return pairs;
}

// The earlier of the known two.
std::chrono::system_clock::time_point created(const Pair& pair) {
  constexpr std::chrono::system_clock::time_point kUnknown;
  if (!pair.first || !pair.second || pair.second->created == kUnknown) return pair.any().created;
  return std::min(pair.first->created, pair.second->created);
}

std::uint64_t bits_of(const Number& number, FamilyColumns::NumberType type) {
  if (type == FamilyColumns::NumberType::floating) return std::bit_cast<std::uint64_t>(to_double(number));
  if (const auto* whole = std::get_if<std::uint64_t>(&number)) return *whole;
  return static_cast<std::uint64_t>(std::get<std::int64_t>(number));
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b, FamilyColumns::NumberType type) {
  if (type != FamilyColumns::NumberType::floating) return a + b;
  return std::bit_cast<std::uint64_t>(std::bit_cast<double>(a) + std::bit_cast<double>(b));
}

void append_number(const Pair& pair, FamilyColumns& columns) {
  const FamilyColumns::NumberType type = columns.number_type;
  std::uint64_t bits = bits_of(pair.any().number, type);
  const bool adds_up = columns.descriptor->kind == Kind::counter;
  if (adds_up && pair.first && pair.second) bits = sum(bits, bits_of(pair.second->number, type), type);
  columns.numbers.push_back(bits);
  if (columns.descriptor->kind != Kind::gauge) return;
  // A callback gives one value, the current one.
  const double value = to_double(pair.any().number);
  const GaugeStatistics alone = {.count = 1, .min = value, .max = value, .mean = value, .last_update = {}};
  columns.gauges.push_back(pair.any().gauge != nullptr ? *pair.any().gauge : alone);
  columns.unset.push_back(pair.any().is_unset);
}

// Derives the counts between bounds from the buckets.
HistogramValue with_bounds(const HistogramValue& value, const HistogramValue::Bounds& bounds) {
  HistogramValue bounded(value);
  if (bounds == nullptr || value.has_bounds()) return bounded;
  std::vector<std::uint64_t> counts;
  std::uint64_t below = 0;
  for (const double bound : *bounds) {
    const std::uint64_t through = value.count_at_or_below(bound);
    counts.push_back(through - std::exchange(below, through));
  }
  counts.push_back(value.count() - below);
  bounded.set_bounded(bounds, std::move(counts), {});
  return bounded;
}

void append_histogram(const Pair& pair, const HistogramValue::Bounds& bounds, FamilyColumns& columns) {
  HistogramValue value = with_bounds(*pair.any().histogram, bounds);
  if (pair.first && pair.second) value.merge(with_bounds(*pair.second->histogram, bounds));
  columns.histograms.push_back(std::move(value));
}

void append_window(const Pair& pair, FamilyColumns& columns) {
  WindowValue both;
  for (const std::optional<Point>& point : {pair.first, pair.second}) {
    if (!point || point->window == nullptr) continue;
    both.total_count += point->window->total_count;
    both.total_sum += point->window->total_sum;
    both.sorted.insert(both.sorted.end(), point->window->sorted.begin(), point->window->sorted.end());
  }
  std::sort(both.sorted.begin(), both.sorted.end());
  columns.windows.push_back(std::move(both));
}

}  // namespace

FamilySnapshot joined(const FamilySnapshot& first, const FamilySnapshot& second,
                      const HistogramValue::Bounds& bounds) {
  const FamilyColumns& model = first.columns();
  FamilyColumns columns;
  columns.descriptor = model.descriptor;
  columns.text_bounds = model.text_bounds;
  const bool same_type = model.number_type == second.columns().number_type;
  columns.number_type = same_type ? model.number_type : FamilyColumns::NumberType::floating;
  const bool has_windows = !model.windows.empty() || !second.columns().windows.empty();
  auto series = std::make_shared<std::vector<SeriesPtr>>();
  for (const auto& [labels, pair] : pairs_of(first, second)) {
    series->push_back(pair.series);
    columns.created.push_back(created(pair));
    if (columns.descriptor->kind == Kind::histogram) {
      append_histogram(pair, bounds, columns);
      if (has_windows) append_window(pair, columns);
    } else {
      append_number(pair, columns);
    }
    const std::vector<Exemplar>* exemplars = pair.first ? pair.first->exemplars : nullptr;
    if (!model.exemplars.empty())
      columns.exemplars.push_back(exemplars == nullptr ? std::vector<Exemplar>() : *exemplars);
  }
  columns.series = std::move(series);
  return FamilySnapshot(std::move(columns));
}

}  // namespace kymo::KYMO_ABI
