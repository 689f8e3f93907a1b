#include "histogram_lines.h"

#include <array>
#include <limits>

#include "exemplar_text.h"
#include "number_text.h"
#include "sample_head.h"

namespace kymo::format {
namespace {

std::string le_label(double bound) {
  std::array<char, kMaxNumberBytes> number;
  const char* const end = put_canonical(number.data(), bound);
  return "le=\"" + std::string(static_cast<const char*>(number.data()), end) + "\"";
}

}  // namespace

HistogramLines::HistogramLines(const FamilySnapshot& family, Dialect dialect)
    : dialect_(dialect),
      bounds_(family.text_bounds()),
      counts_(bounds_),
      bucket_name_(family.descriptor().family_name + "_bucket"),
      sum_name_(family.descriptor().family_name + "_sum"),
      count_name_(family.descriptor().family_name + "_count") {
  le_.reserve(bounds_.size() + 1);
  for (const double bound : bounds_) le_.push_back(le_label(bound));
  le_.push_back(le_label(std::numeric_limits<double>::infinity()));
}

bool HistogramLines::may_have_sum(const HistogramValue& histogram) const noexcept {
  if (dialect_ == Dialect::prometheus) return true;
  const bool negative_bound = !bounds_.empty() && bounds_.front() < 0;
  return !negative_bound && !(histogram.min() < 0) && histogram.sum() >= 0;
}

const Exemplar* HistogramLines::take_exemplar(double bound) {
  std::size_t in_bucket = 0;
  while (in_bucket < exemplars_left_.size() && exemplars_left_[in_bucket].value <= bound) ++in_bucket;
  const Exemplar* exemplar = newest_allowed(exemplars_left_.first(in_bucket));
  exemplars_left_ = exemplars_left_.subspan(in_bucket);
  return exemplar;
}

void HistogramLines::write_bucket(const Point& point, std::size_t index, std::uint64_t count,
                                  LineWriter& lines) {
  const double bound = index < bounds_.size() ? bounds_[index] : std::numeric_limits<double>::infinity();
  const Exemplar* exemplar = take_exemplar(bound);
  const std::string_view labels = point.labels.text();
  const std::size_t bytes =
      line_bytes(bucket_name_, labels, le_[index]) + (exemplar == nullptr ? 0 : exemplar_bytes(*exemplar));
  char* at = put_head(lines.room(bytes), bucket_name_, labels, le_[index]);
  at = put_number(at, count);
  if (exemplar != nullptr) at = put_exemplar(at, *exemplar);
  *at++ = '\n';
  lines.wrote_to(at);
}

void HistogramLines::write(const Point& point, LineWriter& lines) {
  const HistogramValue& histogram = *point.histogram;
  const bool with_exemplars = dialect_ == Dialect::openmetrics && point.exemplars != nullptr;
  exemplars_left_ =
      with_exemplars ? std::span<const Exemplar>(*point.exemplars) : std::span<const Exemplar>();
  const auto counts = counts_.of(histogram);
  for (std::size_t i = 0; i < counts.size(); ++i) write_bucket(point, i, counts[i], lines);
  write_bucket(point, counts.size(), histogram.count(), lines);
  if (!may_have_sum(histogram)) return;

  const std::string_view labels = point.labels.text();
  char* at = lines.room(line_bytes(sum_name_, labels) + line_bytes(count_name_, labels));
  at = put_number(put_head(at, sum_name_, labels), histogram.sum());
  *at++ = '\n';
  at = put_number(put_head(at, count_name_, labels), histogram.count());
  *at++ = '\n';
  lines.wrote_to(at);
}

}  // namespace kymo::format
