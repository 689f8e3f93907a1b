#include <kymo/format/live_json.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <variant>

#include <kymo/base/json_writer.h>

#include "line_writer.h"

namespace kymo::KYMO_ABI::format {
namespace {

/// Merges 64 buckets an octave to eight.
constexpr std::int32_t kMergedBuckets = 8;

struct NamedQuantile {
  std::string_view name;
  double q;
};
constexpr std::array kHistogramQuantiles = {NamedQuantile{"p50", 0.5}, NamedQuantile{"p90", 0.9},
                                            NamedQuantile{"p95", 0.95}, NamedQuantile{"p99", 0.99}};
constexpr std::array kWindowQuantiles = {NamedQuantile{"p50", 0.5}, NamedQuantile{"p95", 0.95},
                                         NamedQuantile{"p99", 0.99}};

template <class Value>
void append_number(Value number, std::string& out) {
  std::array<char, kMaxNumberBytes> text;
  const char* const end = put_number(text.data(), number);
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_double(double number, std::string& out) {
  if (std::isnan(number)) {
    out += "null";
  } else if (std::isinf(number)) {
    out += number > 0 ? "\"inf\"" : "\"-inf\"";
  } else {
    append_number(number, out);
  }
}

/// A field without a number is absent: readers of percentiles fail on null.
void append_field(std::string_view name, double number, std::string& out) {
  if (std::isnan(number)) return;
  out.append(",\"").append(name).append("\":");
  append_double(number, out);
}

std::int32_t merged_index(std::int32_t index) {
  // Rounds down for negative indices too.
  return (index >= 0 ? index : index - (kMergedBuckets - 1)) / kMergedBuckets;
}

void append_buckets(std::string_view name, const HistogramBuckets& buckets, std::string& out) {
  out.append(",\"").append(name).append("\":[");
  for (auto at = buckets.begin(); at != buckets.end();) {
    const std::int32_t index = merged_index((*at).index);
    std::uint64_t count = 0;
    for (; at != buckets.end() && merged_index((*at).index) == index; ++at) count += (*at).count;
    out += out.back() == '[' ? "[" : ",[";
    append_number(std::int64_t{index}, out);
    out += ',';
    append_number(count, out);
    out += ']';
  }
  out += ']';
}

void append_histogram(const HistogramValue& histogram, std::string& out) {
  out += "{\"count\":";
  append_number(histogram.count(), out);
  append_field("sum", histogram.sum(), out);
  append_field("min", histogram.min(), out);
  append_field("max", histogram.max(), out);
  for (const auto& [name, q] : kHistogramQuantiles) append_field(name, histogram.quantile(q), out);
  if (histogram.zero_count() > 0) {
    out += ",\"zero\":";
    append_number(histogram.zero_count(), out);
  }
  if (!histogram.negative_buckets().empty()) append_buckets("negative", histogram.negative_buckets(), out);
  append_buckets("buckets", histogram.buckets(), out);
  out += '}';
}

double bounded_sum(const WindowValue& window) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return std::clamp(std::accumulate(window.sorted.begin(), window.sorted.end(), 0.0), -kMost, kMost);
}

void append_window(const WindowValue& window, std::string& out) {
  const bool any = !window.sorted.empty();
  out += "{\"count\":";
  append_number(std::uint64_t{window.sorted.size()}, out);
  append_field("sum", bounded_sum(window), out);
  append_field("min", any ? window.sorted.front() : std::nan(""), out);
  append_field("max", any ? window.sorted.back() : std::nan(""), out);
  append_field("mean", any ? window.mean() : std::nan(""), out);
  for (const auto& [name, q] : kWindowQuantiles) append_field(name, window.quantile(q), out);
  out += '}';
}

}  // namespace

void append_live_text(std::string_view text, std::string& out) { base::JsonWriter(out).value(text); }

void append_live_family(const FamilySnapshot& family, std::uint32_t id, std::string& out) {
  const Descriptor& descriptor = family.descriptor();
  out += "\"id\":";
  append_number(std::uint64_t{id}, out);
  out += ",\"name\":";
  append_live_text(descriptor.name, out);
  out.append(",\"kind\":\"").append(kind_name(descriptor.kind)).append("\",\"unit\":");
  append_live_text(descriptor.unit, out);
  out += ",\"help\":";
  append_live_text(descriptor.help, out);
}

void append_live_labels(LabelsView labels, std::string& out) {
  base::JsonWriter json(out);
  json.begin_object();
  for (const auto& entry : labels) json.field(entry.key, std::string_view(entry.value));
  json.end_object();
}

void append_live_value(const Point& point, std::string& out) {
  if (point.histogram != nullptr) {
    append_histogram(*point.histogram, out);
  } else if (point.window != nullptr) {
    append_window(*point.window, out);
  } else if (const double* number = std::get_if<double>(&point.number)) {
    append_double(*number, out);
  } else {
    base::JsonWriter(out).value(point.number);
  }
}

void append_live_time(std::chrono::system_clock::time_point time, std::string& out) {
  std::array<char, kMaxNumberBytes> text;
  const char* const end = put_unix_time(text.data(), time);
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_live_seconds(std::chrono::nanoseconds time, std::string& out) {
  append_live_time(std::chrono::system_clock::time_point(
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(time)),
                   out);
}

}  // namespace kymo::KYMO_ABI::format
