#include "family_totals.h"

#include <algorithm>
#include <limits>

namespace kymo::KYMO_ABI::format {
namespace {

Number sum(const Number& a, const Number& b) {
  const auto* x = std::get_if<std::uint64_t>(&a);
  const auto* y = std::get_if<std::uint64_t>(&b);
  if (x != nullptr && y != nullptr) return *x + *y;
  const auto* s = std::get_if<std::int64_t>(&a);
  const auto* t = std::get_if<std::int64_t>(&b);
  // Added as unsigned: an overflowing sum wraps, as the counter itself would.
  if (s != nullptr && t != nullptr) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(*s) + static_cast<std::uint64_t>(*t));
  }
  return to_double(a) + to_double(b);
}

WindowValue joined(const WindowValue& a, const WindowValue& b) {
  WindowValue both{a.total_count + b.total_count, a.total_sum + b.total_sum, {}};
  both.sorted.resize(a.sorted.size() + b.sorted.size());
  std::merge(a.sorted.begin(), a.sorted.end(), b.sorted.begin(), b.sorted.end(), both.sorted.begin());
  return both;
}

HistogramValue joined(HistogramValue a, const HistogramValue& b) {
  a.merge(b);
  return a;
}

/// Combines the family's series: `get` reads one from a Point, `join` adds two.
template <class Value, class Get, class Join>
std::optional<Value> total(const FamilySnapshot* family, Get get, Join join) {
  if (family == nullptr || family->empty()) return std::nullopt;
  if (const auto index = unlabelled(*family)) return get(family->point(*index));
  Value all = get(family->point(0));
  for (std::size_t i = 1; i < family->size(); ++i) all = join(std::move(all), get(family->point(i)));
  return all;
}

bool holds_numbers(Kind kind) noexcept {
  return kind == Kind::counter || kind == Kind::up_down_counter || kind == Kind::gauge;
}

}  // namespace

std::optional<std::size_t> unlabelled(const FamilySnapshot& family) {
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (family.point(i).labels.empty()) return i;
  }
  return std::nullopt;
}

std::optional<Number> total_number(const Snapshot& snapshot, std::string_view name) {
  const FamilySnapshot* family = snapshot.find(name);
  if (family == nullptr || !holds_numbers(family->descriptor().kind)) return std::nullopt;
  return total<Number>(family, [](const Point& point) { return point.number; }, sum);
}

double total_double(const Snapshot& snapshot, std::string_view name) {
  const auto number = total_number(snapshot, name);
  return number ? to_double(*number) : std::numeric_limits<double>::quiet_NaN();
}

std::optional<HistogramValue> total_histogram(const Snapshot& snapshot, std::string_view name) {
  const FamilySnapshot* family = snapshot.find(name);
  if (family == nullptr || family->descriptor().kind != Kind::histogram) return std::nullopt;
  return total<HistogramValue>(
      family, [](const Point& point) { return *point.histogram; },
      [](HistogramValue a, const HistogramValue& b) { return joined(std::move(a), b); });
}

std::optional<WindowValue> total_window(const Snapshot& snapshot, std::string_view name) {
  const FamilySnapshot* family = snapshot.find(name);
  if (family == nullptr || family->descriptor().kind != Kind::window) return std::nullopt;
  return total<WindowValue>(
      family, [](const Point& point) { return *point.window; },
      [](const WindowValue& a, const WindowValue& b) { return joined(a, b); });
}

}  // namespace kymo::KYMO_ABI::format
