#include "summary_lines.h"

#include <array>

#include "number_text.h"
#include "sample_head.h"

namespace kymo::KYMO_ABI::format {
namespace {

struct Quantile {
  double q;
  std::string_view label;
};
constexpr std::array<Quantile, 3> kQuantiles = {
    {{0.5, R"(quantile="0.5")"}, {0.95, R"(quantile="0.95")"}, {0.99, R"(quantile="0.99")"}}};

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
      sum_name_(family.descriptor().family_name + "_sum"),
      count_name_(family.descriptor().family_name + "_count") {}

void SummaryLines::write(const Point& point, LineWriter& lines) const {
  const WindowValue& window = *point.window;
  const std::string_view labels = point.labels.text();
  const bool strict = dialect_ == Dialect::openmetrics;
  for (const auto& [q, label] : kQuantiles) {
    const double value = window.quantile(q);
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
