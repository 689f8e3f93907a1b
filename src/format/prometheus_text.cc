#include <kymo/format/prometheus_text.h>

#include <utility>

#include <kymo/core/names.h>
#include <kymo/format/text_writers.h>

#include "histogram_lines.h"
#include "line_writer.h"
#include "metadata.h"

namespace kymo::KYMO_ABI::format {
namespace {

void write_header(const Descriptor& descriptor, std::string_view name, LineWriter& lines) {
  if (!descriptor.help.empty()) {
    append_metadata("HELP", name, escaped_help(descriptor.help, Dialect::prometheus), lines);
  }
  append_metadata("TYPE", name, text_type(descriptor.kind), lines);
}

template <class SeriesLines>
// NOLINTNEXTLINE(performance-unnecessary-value-param): some writers keep state
void write_text_lines(const FamilySnapshot& family, SeriesLines series_lines, LineWriter& lines) {
  for (std::size_t i = 0; i < family.size(); ++i) series_lines.write(family.point(i), lines);
}

void write_text_family(const FamilySnapshot& family, LineWriter& lines) {
  const Descriptor& descriptor = family.descriptor();
  const std::string name = value_name(descriptor);
  write_header(descriptor, name, lines);
  switch (descriptor.kind) {
    case Kind::counter:
    case Kind::up_down_counter:
    case Kind::gauge: return write_number_lines(family.columns(), name, lines);
    case Kind::histogram: {
      HistogramLines histograms(family, Dialect::prometheus);
      lines.expect(histograms.expected_bytes());
      return write_text_lines(family, std::move(histograms), lines);
    }
    case Kind::window: return write_text_lines(family, SummaryLines(family, Dialect::prometheus), lines);
  }
}

}  // namespace

void write_prometheus_text(const Snapshot& snapshot, base::TextSink& out) {
  LineWriter lines(out);
  for (const FamilySnapshot& family : snapshot.families) write_text_family(family, lines);
}

void write_prometheus_text(const Snapshot& snapshot, std::string& out) {
  base::StringSink sink(out);
  write_prometheus_text(snapshot, sink);
}

}  // namespace kymo::KYMO_ABI::format
