#include <kymo/format/openmetrics.h>

#include <chrono>
#include <utility>

#include <kymo/core/names.h>
#include <kymo/format/text_writers.h>

#include "histogram_lines.h"
#include "line_writer.h"
#include "metadata.h"

namespace kymo::KYMO_ABI::format {
namespace {

void write_header(const Descriptor& descriptor, LineWriter& lines) {
  const std::string_view name = descriptor.family_name;
  append_metadata("TYPE", name, text_type(descriptor.kind), lines);
  // OpenMetrics requires the ending `_unit`. A family whose whole name is its unit lacks it.
  if (!descriptor.unit.empty() && name.ends_with("_" + descriptor.unit)) {
    append_metadata("UNIT", name, descriptor.unit, lines);
  }
  if (!descriptor.help.empty()) {
    append_metadata("HELP", name, escaped_help(descriptor.help, Dialect::openmetrics), lines);
  }
}

// Series of producers have no creation time, so they get no such line.
void write_created(std::string_view created_name, const Point& point, LineWriter& lines) {
  if (point.created == std::chrono::system_clock::time_point()) return;
  const std::string_view labels = point.labels.text();
  char* at = put_head(lines.room(line_bytes(created_name, labels)), created_name, labels);
  at = put_unix_time(at, point.created);
  *at++ = '\n';
  lines.wrote_to(at);
}

/// Writes the series of one counter family.
class CounterLines final {
 public:
  explicit CounterLines(const FamilySnapshot& family)
      : total_name_(value_name(family.descriptor())),
        created_name_(sample_name(family.descriptor(), kCreatedSuffix)) {}

  void write(const Point& point, LineWriter& lines) const {
    // Skip negative or NaN counters from producers, with their creation time.
    if (!(to_double(point.number) >= 0)) return;
    const Exemplar* exemplar = point.exemplars == nullptr ? nullptr : newest_allowed(*point.exemplars);
    const std::string_view labels = point.labels.text();
    const std::size_t bytes =
        line_bytes(total_name_, labels) + (exemplar == nullptr ? 0 : exemplar_bytes(*exemplar));
    char* at = put_head(lines.room(bytes), total_name_, labels);
    at = std::visit([at](auto number) { return put_number(at, number); }, point.number);
    if (exemplar != nullptr) at = put_exemplar(at, *exemplar);
    *at++ = '\n';
    lines.wrote_to(at);
    write_created(created_name_, point, lines);
  }

 private:
  std::string total_name_;
  std::string created_name_;
};

/// A distribution's lines, and its creation time.
template <class SeriesLines>
class WithCreated final {
 public:
  explicit WithCreated(const FamilySnapshot& family)
      : lines_(family, Dialect::openmetrics),
        created_name_(sample_name(family.descriptor(), kCreatedSuffix)) {}

  [[nodiscard]] std::size_t expected_bytes() const { return lines_.expected_bytes(); }
  void write(const Point& point, LineWriter& lines) {
    lines_.write(point, lines);
    write_created(created_name_, point, lines);
  }

 private:
  SeriesLines lines_;
  std::string created_name_;
};

template <class SeriesLines>
// NOLINTNEXTLINE(performance-unnecessary-value-param): some writers keep state
void write_each(const FamilySnapshot& family, SeriesLines series_lines, LineWriter& lines) {
  for (std::size_t i = 0; i < family.size(); ++i) series_lines.write(family.point(i), lines);
}

void write_counters(const FamilySnapshot& family, LineWriter& lines) {
  constexpr std::size_t kUsualNumberBytes = 28;  // a total and a time
  const std::size_t name_bytes = family.descriptor().family_name.size() + sizeof("_created{} \n");
  lines.expect(2 * expected_label_bytes(family.columns()) +
               family.size() * (2 * name_bytes + kUsualNumberBytes));
  write_each(family, CounterLines(family), lines);
}

void write_family(const FamilySnapshot& family, LineWriter& lines) {
  const Descriptor& descriptor = family.descriptor();
  write_header(descriptor, lines);
  switch (descriptor.kind) {
    case Kind::counter: return write_counters(family, lines);
    case Kind::up_down_counter:
    case Kind::gauge: return write_number_lines(family.columns(), descriptor.family_name, lines);
    case Kind::histogram: {
      WithCreated<HistogramLines> histograms(family);
      lines.expect(histograms.expected_bytes());
      return write_each(family, std::move(histograms), lines);
    }
    case Kind::window: return write_each(family, WithCreated<SummaryLines>(family), lines);
  }
}

}  // namespace

void write_openmetrics(const Snapshot& snapshot, base::TextSink& out) {
  LineWriter lines(out);
  for (const FamilySnapshot& family : snapshot.families) write_family(family, lines);
  lines.append("# EOF\n");
}

void write_openmetrics(const Snapshot& snapshot, std::string& out) {
  base::StringSink sink(out);
  write_openmetrics(snapshot, sink);
}

}  // namespace kymo::KYMO_ABI::format
