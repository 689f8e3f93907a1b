#include <kymo/format/json.h>

#include <cmath>

#include <kymo/base/json_writer.h>
#include <kymo/format/iso_time.h>
#include <kymo/format/text_writers.h>

#include "json_parts.h"

namespace kymo::KYMO_ABI::format {
namespace {

constexpr double kShownQuantiles[] = {0.5, 0.95, 0.99};
constexpr std::string_view kShownQuantileNames[] = {"p50", "p95", "p99"};

/// Writes a field if JSON has a number for it: neither NaN nor an infinity.
void write_if_finite(std::string_view name, double value, base::JsonWriter& json) {
  if (std::isfinite(value)) json.field(name, value);
}

template <class Distribution>
void write_quantiles(const Distribution& values, base::JsonWriter& json) {
  for (std::size_t i = 0; i < std::size(kShownQuantiles); ++i)
    write_if_finite(kShownQuantileNames[i], values.quantile(kShownQuantiles[i]), json);
}

// Never empty: see has_value(). A producer's histogram may lack a statistic.
void write_histogram(const HistogramValue& histogram, base::JsonWriter& json) {
  json.field("count", histogram.count());
  write_if_finite("total", histogram.sum(), json);
  write_if_finite("mean", histogram.mean(), json);
  write_if_finite("min", histogram.min(), json);
  write_if_finite("max", histogram.max(), json);
  write_quantiles(histogram, json);
}

void write_window(const WindowValue& window, base::JsonWriter& json) {
  json.field("count", std::uint64_t{window.sorted.size()});
  json.field("mean", window.mean());
  json.field("min", window.sorted.front());
  json.field("max", window.sorted.back());
  write_quantiles(window, json);
}

void write_counter(const FamilySnapshot& /*family*/, const Point& point, base::JsonWriter& json) {
  json.field("value", point.number);
}

void write_gauge(const FamilySnapshot& /*family*/, const Point& point, base::JsonWriter& json) {
  json.field("current", point.number);
  if (point.gauge == nullptr || point.gauge->count == 0) return;
  const GaugeStatistics& statistics = *point.gauge;
  write_if_finite("min", statistics.min, json);
  write_if_finite("max", statistics.max, json);
  write_if_finite("mean", statistics.mean, json);
  // A callback has no time of its last update.
  if (statistics.last_update != decltype(statistics.last_update)())
    json.field("last_update", iso_time(statistics.last_update));
}

void write_timing(const FamilySnapshot& /*family*/, const Point& point, base::JsonWriter& json) {
  write_histogram(*point.histogram, json);
  if (point.window == nullptr || point.window->sorted.empty()) return;
  json.begin_object("recent");
  write_window(*point.window, json);
  json.end_object();
}

void write_other_histogram(const FamilySnapshot& family, const Point& point, base::JsonWriter& json) {
  json.field("unit", std::string_view(family.descriptor().unit));
  write_histogram(*point.histogram, json);
}

void write_window_series(const FamilySnapshot& family, const Point& point, base::JsonWriter& json) {
  json.field("unit", std::string_view(family.descriptor().unit));
  json.field("total_count", point.window->total_count);
  json.field("total", point.window->total_sum);
  write_window(*point.window, json);
}

// Scripts expect numbers: a series without a value has no entry.
bool has_value(const FamilySnapshot& family, const Point& point) {
  switch (family.descriptor().kind) {
    case Kind::histogram: return point.histogram->count() != 0;
    case Kind::window: return !point.window->sorted.empty();
    case Kind::gauge:
    case Kind::counter:
    case Kind::up_down_counter: return !point.is_unset && std::isfinite(to_double(point.number));
  }
  return false;
}

bool is_timing(const Descriptor& d) { return d.kind == Kind::histogram && d.unit == "seconds"; }
bool is_counter(const Descriptor& d) { return d.kind == Kind::counter || d.kind == Kind::up_down_counter; }
bool is_gauge(const Descriptor& d) { return d.kind == Kind::gauge; }
bool is_other_histogram(const Descriptor& d) { return d.kind == Kind::histogram && d.unit != "seconds"; }
bool is_window(const Descriptor& d) { return d.kind == Kind::window; }

struct Section {
  std::string_view name;
  bool (*holds)(const Descriptor&);
  void (*write)(const FamilySnapshot&, const Point&, base::JsonWriter&);
};

constexpr Section kSections[] = {{"timings", is_timing, write_timing},
                                 {"counters", is_counter, write_counter},
                                 {"gauges", is_gauge, write_gauge},
                                 {"histograms", is_other_histogram, write_other_histogram},
                                 {"windows", is_window, write_window_series}};

/// The destination of the text, part by part.
class Parts final {
 public:
  /// Null: the text stays in the string.
  Parts(std::string& text, base::TextSink* out) : text_(text), out_(out) {}

  void hand_over_if_full() {
    if (text_.size() >= kPart) hand_over();
  }
  void hand_over() {
    if (out_ == nullptr) return;
    out_->append(text_);
    text_.clear();
  }

  /// Fits a core's cache, and stays below the size where malloc uses the system each time.
  static constexpr std::size_t kPart = std::size_t{32} << 10U;

 private:
  std::string& text_;
  base::TextSink* out_;
};

void write_family(const FamilySnapshot& family, const Section& section, base::JsonWriter& json,
                  Parts& parts) {
  std::string key;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Point point = family.point(i);
    if (!has_value(family, point)) continue;
    make_series_key(family.descriptor().name, point.labels, key);
    json.begin_object(key);
    section.write(family, point, json);
    json.end_object();
    parts.hand_over_if_full();
  }
}

void write(const Snapshot& snapshot, base::JsonWriter& json, Parts& parts) {
  json.begin_object();
  write_snapshot_head(snapshot, json);
  json.begin_object("metrics");
  for (const Section& section : kSections) {
    json.begin_object(section.name);
    for (const FamilySnapshot& family : snapshot.families) {
      if (section.holds(family.descriptor())) write_family(family, section, json, parts);
    }
    json.end_object();
  }
  json.end_object();
  json.end_object();
}

}  // namespace

void write_json(const Snapshot& snapshot, std::string& out, base::JsonLayout layout) {
  base::JsonWriter json(out, layout);
  Parts parts(out, nullptr);
  write(snapshot, json, parts);
}

void write_json(const Snapshot& snapshot, base::TextSink& out, base::JsonLayout layout) {
  std::string text;
  text.reserve(2 * Parts::kPart);
  base::JsonWriter json(text, layout);
  Parts parts(text, &out);
  write(snapshot, json, parts);
  parts.hand_over();
}

}  // namespace kymo::KYMO_ABI::format
