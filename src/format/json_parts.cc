#include "json_parts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <kymo/format/iso_time.h>

namespace kymo::KYMO_ABI::format {
namespace {

std::uint64_t core_number(const Point& point) {
  const std::string label = point.labels.find("cpu").value_or("");
  std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
  std::from_chars(label.data(), label.data() + label.size(), number);
  return number;
}

// The character of an escape in rendered labels (`\\`, `\"`, `\n`), escaped for a key if necessary.
std::string_view unescaped(char escape) noexcept {
  switch (escape) {
    case 'n': return "\n";
    case '"': return "\"";
    default: return "\\\\";
  }
}

// Appends a value up to its closing quote and returns the quote's position.
std::size_t append_value(std::string_view rendered, std::size_t at, std::string& out) {
  for (; at < rendered.size() && rendered[at] != '"'; ++at) {
    const char c = rendered[at];
    if (c == '\\' && at + 1 < rendered.size()) {
      out += unescaped(rendered[++at]);
    } else {
      if (c == ',' || c == ']') out += '\\';
      out += c;
    }
  }
  return at;
}

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

double uptime_seconds(const Snapshot& snapshot) noexcept {
  return static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(snapshot.uptime).count()) / 1000;
}

void write_snapshot_head(const Snapshot& snapshot, base::JsonWriter& json) {
  json.field("timestamp", std::string_view(iso_time(snapshot.time)));
  json.field("uptime_seconds", uptime_seconds(snapshot));
}

// Series are sorted by text, where core 10 comes before core 2.
std::vector<double> core_ratios(const Snapshot& snapshot) {
  std::vector<std::pair<std::uint64_t, double>> numbered;
  if (const FamilySnapshot* family = snapshot.find("kymo_system_cpu_core_ratio")) {
    for (std::size_t i = 0; i < family->size(); ++i) {
      const Point point = family->point(i);
      numbered.emplace_back(core_number(point), to_double(point.number));
    }
  }
  std::sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<double> ratios;
  ratios.reserve(numbered.size());
  for (const auto& [core, ratio] : numbered) ratios.push_back(ratio);
  return ratios;
}

// Reads the rendered text directly: LabelsView would make a string of each value.
void make_series_key(std::string_view name, LabelsView labels, std::string& out) {
  out.assign(name);
  const std::string_view rendered = labels.text();
  if (rendered.empty()) return;
  out += '[';
  for (std::size_t at = 0; at < rendered.size();) {
    const std::size_t equals = rendered.find('=', at);
    out.append(rendered.substr(at, equals - at)).append("=");
    at = append_value(rendered, equals + 2, out) + 1;
    if (at < rendered.size()) out += rendered[at++];
  }
  out += ']';
}

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
