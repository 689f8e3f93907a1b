#include "summary_lines.h"

#include <array>

#include <kymo/core/names.h>

#include "number_text.h"
#include "sample_head.h"

namespace kymo::KYMO_ABI::format {
namespace {

template <class Number>
void write_line(std::string_view name, std::string_view labels, Number number, LineWriter& lines) {
  char* at = put_number(put_head(lines.room(line_bytes(name, labels)), name, labels), number);
  *at++ = '\n';
  lines.wrote_to(at);
}

}  // namespace

SummaryLines::SummaryLines(const FamilySnapshot& family, Dialect dialect)
    : dialect_(dialect),
      name_(family.descriptor().family_name),
      sum_name_(sample_name(family.descriptor(), kSumSuffix)),
      count_name_(sample_name(family.descriptor(), kCountSuffix)) {
  for (std::size_t i = 0; i < quantiles_.size(); ++i) {
    quantiles_[i].append(kQuantileLabel).append("=\"").append(series::kShownQuantiles[i].text).append("\"");
  }
}

void SummaryLines::write(const Point& point, LineWriter& lines) const {
  const WindowValue& window = *point.window;
  const std::string_view labels = point.labels.text();
  const bool strict = dialect_ == Dialect::openmetrics;
  for (std::size_t i = 0; i < quantiles_.size(); ++i) {
    const std::string& label = quantiles_[i];
    const double value = window.quantile(series::kShownQuantiles[i].q);
    if (strict && value < 0) continue;
    char* at = put_head(lines.room(line_bytes(name_, labels, label)), name_, labels, label);
    at = put_number(at, value);
    *at++ = '\n';
    lines.wrote_to(at);
  }
  if (!strict || window.total_sum >= 0) write_line(sum_name_, labels, window.total_sum, lines);
  write_line(count_name_, labels, window.total_count, lines);
}

}  // namespace kymo::KYMO_ABI::format
