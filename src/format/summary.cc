#include <kymo/format/summary.h>

#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/json_writer.h>

#include "json_parts.h"

namespace kymo::KYMO_ABI::format {
namespace {

using Quantiles = std::array<double, 3>;
constexpr std::array<std::string_view, 3> kQuantileNames = {"p50", "p95", "p99"};

template <class Distribution>
Quantiles quantiles_of(const Distribution& values) {
  return {values.quantile(0.5), values.quantile(0.95), values.quantile(0.99)};
}

/// In seconds; nothing without measurements.
std::optional<Quantiles> latency(const Snapshot& snapshot, std::string_view name) {
  const auto histogram = total_histogram(snapshot, name);
  if (histogram && histogram->count() != 0) return quantiles_of(*histogram);
  const auto window = total_window(snapshot, name);
  if (window && !window->sorted.empty()) return quantiles_of(*window);
  return std::nullopt;
}

void write_number(std::string_view name, const std::optional<Number>& number, base::JsonWriter& json) {
  json.field(name, number.value_or(Number(std::uint64_t{0})));
}

void write_event_processing(const Snapshot& snapshot, base::JsonWriter& json) {
  constexpr std::string_view kDuration = "event.processing.duration";
  const auto processed = total_number(snapshot, "events.processed");
  if (!processed && snapshot.find(kDuration) == nullptr) return;
  json.begin_object("event_processing");
  write_number("total_processed", processed, json);
  if (const auto seconds = latency(snapshot, kDuration)) {
    json.begin_object("latency_ms");
    for (std::size_t i = 0; i < seconds->size(); ++i)
      json.field(kQuantileNames[i], rounded((*seconds)[i] * 1000, 3));
    json.end_object();
  }
  json.end_object();
}

struct NamedFamily {
  std::string_view field;
  std::string_view family;
};

void write_pair(std::string_view section, const NamedFamily& first, const NamedFamily& second,
                const Snapshot& snapshot, base::JsonWriter& json) {
  const auto a = total_number(snapshot, first.family);
  const auto b = total_number(snapshot, second.family);
  if (!a && !b) return;
  json.begin_object(section);
  write_number(first.field, a, json);
  write_number(second.field, b, json);
  json.end_object();
}

/// A share of 1; NaN without look-ups.
double hit_rate(const Snapshot& snapshot) {
  const auto hits = total_number(snapshot, "cache.hits");
  const auto misses = total_number(snapshot, "cache.misses");
  if (!hits && !misses) return total_double(snapshot, "cache.hit_rate");
  const double hit = hits ? to_double(*hits) : 0;
  return hit / (hit + (misses ? to_double(*misses) : 0));
}

void write_cache(const Snapshot& snapshot, base::JsonWriter& json) {
  const double rate = hit_rate(snapshot);
  if (std::isnan(rate)) return;
  json.begin_object("cache");
  json.field("hit_rate_percent", percent(rate));
  json.end_object();
}

bool counts_errors(const Descriptor& descriptor) {
  return descriptor.kind == Kind::counter &&
         (descriptor.name == "errors" || descriptor.name.starts_with("errors."));
}

/// `errors.event_processing` for `errors.event_processing.by_type`; other names stay.
std::string_view split_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && name.substr(dot).starts_with(".by_") ? name.substr(0, dot) : name;
}

/// The counters of errors, in two lists, so the values of the first may be summed.
struct ErrorSeries {
  struct Entry {
    const FamilySnapshot* family;
    std::size_t index;
  };
  std::vector<Entry> failures;  ///< each failure once
  std::vector<Entry> splits;    ///< the same failures by type
};

void add_error_family(const FamilySnapshot& family, bool is_split, ErrorSeries& errors) {
  // The series without labels is the total; those with labels split it.
  const bool has_total = unlabelled(family).has_value();
  for (std::size_t i = 0; i < family.size(); ++i) {
    const bool splits = is_split || (has_total && !family.point(i).labels.empty());
    (splits ? errors.splits : errors.failures).push_back({&family, i});
  }
}

ErrorSeries error_series(const Snapshot& snapshot) {
  std::vector<const FamilySnapshot*> families;
  std::set<std::string_view> counted;
  for (const FamilySnapshot& family : snapshot.families) {
    const std::string_view name = family.descriptor().name;
    if (!counts_errors(family.descriptor())) continue;
    families.push_back(&family);
    if (split_name(name) == name) counted.insert(name);
  }
  ErrorSeries errors;
  for (const FamilySnapshot* family : families) {
    const std::string_view name = family->descriptor().name;
    // Without a total, the first split counts as the total.
    const bool is_split = split_name(name) != name && !counted.insert(split_name(name)).second;
    add_error_family(*family, is_split, errors);
  }
  return errors;
}

void write_error_series(std::string_view section, std::span<const ErrorSeries::Entry> entries,
                        base::JsonWriter& json) {
  if (entries.empty()) return;
  json.begin_object(section);
  std::string key;
  for (const auto& [family, index] : entries) {
    const Point point = family->point(index);
    make_series_key(family->descriptor().name, point.labels, key);
    json.field(key, point.number);
  }
  json.end_object();
}

void write_errors(const Snapshot& snapshot, base::JsonWriter& json) {
  const ErrorSeries errors = error_series(snapshot);
  write_error_series("errors", errors.failures, json);
  write_error_series("errors_by_type", errors.splits, json);
}

}  // namespace

void write_summary_json(const Snapshot& snapshot, std::string& out, base::JsonLayout layout) {
  base::JsonWriter json(out, layout);
  json.begin_object();
  write_summary_fields(snapshot, json);
  json.end_object();
}

void write_summary_fields(const Snapshot& snapshot, base::JsonWriter& json) {
  write_snapshot_head(snapshot, json);
  write_event_processing(snapshot, json);
  write_pair("udp_listener", {"packets_received", "udp.packet.received"},
             {"packets_dropped", "udp.packet.dropped"}, snapshot, json);
  write_pair("websocket", {"clients_connected", "websocket.clients"},
             {"broadcasts_sent", "websocket.broadcast.success"}, snapshot, json);
  write_cache(snapshot, json);
  write_errors(snapshot, json);
}

}  // namespace kymo::KYMO_ABI::format
