#include "histogram_lines.h"

#include <array>
#include <cstring>
#include <limits>

#include <kymo/core/names.h>

#include "line_writer.h"

namespace kymo::KYMO_ABI::format {
namespace {

// A line consists of parts of a few dozen bytes, where a call of memcpy costs more than the copy. So
// put_blocks() copies whole blocks. It reads and writes up to a block beyond the end.
constexpr std::size_t kBlock = 32;

char* put_blocks(char* at, const char* text, std::size_t size) noexcept {
  for (std::size_t done = 0; done < size; done += kBlock) std::memcpy(at + done, text + done, kBlock);
  return at + size;
}

template <class Number>
void write_line(std::string_view name, std::string_view labels, Number number, LineWriter& lines) {
  char* at = put_number(put_head(lines.room(line_bytes(name, labels)), name, labels), number);
  *at++ = '\n';
  lines.wrote_to(at);
}

}  // namespace

HistogramLines::HistogramLines(const FamilySnapshot& family, Dialect dialect)
    : family_(family),
      dialect_(dialect),
      bounds_(family.text_bounds()),
      counts_(bounds_),
      bucket_name_(sample_name(family.descriptor(), kBucketSuffix)),
      sum_name_(sample_name(family.descriptor(), kSumSuffix)),
      count_name_(sample_name(family.descriptor(), kCountSuffix)) {
  le_.reserve(bounds_.size() + 1);
  for (const double bound : bounds_) le_.push_back(text_of(bound));
  le_.push_back(text_of(std::numeric_limits<double>::infinity()));
}

HistogramLines::BoundText HistogramLines::text_of(double bound) {
  BoundText le;
  static_assert(sizeof("le=\"\"} ") + kMaxNumberBytes <= sizeof(le.text));
  char* const begin = le.text.data();
  char* const end = put_text(put_canonical(put_text(begin, "le=\""), bound), "\"} ");
  le.size = static_cast<std::size_t>(end - begin);
  return le;
}

std::size_t HistogramLines::expected_bytes() const {
  constexpr std::size_t kUsualBoundAndCount = sizeof("le=\"0.0009765625\"} 10000\n");
  const std::size_t lines = le_.size() + 2;
  return lines * (expected_label_bytes(family_.columns()) +
                  family_.size() * (bucket_name_.size() + sizeof("{,") + kUsualBoundAndCount));
}

bool HistogramLines::may_have_sum(const HistogramValue& histogram) const noexcept {
  if (dialect_ == Dialect::prometheus) return true;
  const bool negative_bound = !bounds_.empty() && bounds_.front() < 0;
  return !negative_bound && !(histogram.min() < 0) && histogram.sum() >= 0;
}

const Exemplar* HistogramLines::take_exemplar(double bound) {
  std::size_t in_bucket = 0;
  // Also skips a NaN, which is above no bound.
  while (in_bucket < exemplars_left_.size() && !(exemplars_left_[in_bucket].value > bound)) ++in_bucket;
  const Exemplar* exemplar = newest_allowed(exemplars_left_.first(in_bucket));
  exemplars_left_ = exemplars_left_.subspan(in_bucket);
  return exemplar;
}

void HistogramLines::begin_series(const Point& point) {
  const bool with_exemplars = dialect_ == Dialect::openmetrics && point.exemplars != nullptr;
  exemplars_left_ =
      with_exemplars ? std::span<const Exemplar>(*point.exemplars) : std::span<const Exemplar>();
  const std::string_view labels = point.labels.text();
  const std::size_t most = bucket_name_.size() + labels.size() + 2 + kBlock;
  if (head_.size() < most) head_.resize(most);
  char* at = put_text(head_.data(), bucket_name_);
  *at++ = '{';
  if (!labels.empty()) {
    at = put_text(at, labels);
    *at++ = ',';
  }
  head_size_ = static_cast<std::size_t>(at - head_.data());
}

std::size_t HistogramLines::most_bytes(std::string_view labels) const noexcept {
  std::size_t bytes = le_.size() * (head_size_ + sizeof(BoundText::text) + kMaxNumberBytes + 1) + kBlock;
  for (const Exemplar& exemplar : exemplars_left_) bytes += exemplar_bytes(exemplar);
  return bytes + line_bytes(sum_name_, labels) + line_bytes(count_name_, labels);
}

char* HistogramLines::put_bucket_head(char* at, std::size_t index) const noexcept {
  at = put_blocks(at, head_.data(), head_size_);
  return put_blocks(at, le_[index].text.data(), le_[index].size);
}

// Reads the members once: the compiler assumes that each written character may change them.
char* HistogramLines::put_buckets(char* at, std::span<const std::uint64_t> counts,
                                  std::uint64_t total) const noexcept {
  const char* const head = head_.data();
  const std::size_t head_size = head_size_;
  const BoundText* le = le_.data();
  const auto put_bucket = [&](std::uint64_t count) {
    at = put_blocks(at, head, head_size);
    at = put_blocks(at, le->text.data(), le->size);
    ++le;
    at = put_number(at, count);
    *at++ = '\n';
  };
  for (const std::uint64_t count : counts) put_bucket(count);
  put_bucket(total);
  return at;
}

char* HistogramLines::put_buckets_with_exemplars(char* at, std::span<const std::uint64_t> counts,
                                                 std::uint64_t total) {
  for (std::size_t i = 0; i < le_.size(); ++i) {
    at = put_number(put_bucket_head(at, i), i < counts.size() ? counts[i] : total);
    const double bound = i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
    if (const Exemplar* exemplar = take_exemplar(bound)) at = put_exemplar(at, *exemplar);
    *at++ = '\n';
  }
  return at;
}

void HistogramLines::write(const Point& point, LineWriter& lines) {
  const HistogramValue& histogram = *point.histogram;
  const std::string_view labels = point.labels.text();
  begin_series(point);
  char* at = lines.room(most_bytes(labels));
  const auto counts = counts_.of(histogram);
  at = exemplars_left_.empty() ? put_buckets(at, counts, histogram.count())
                               : put_buckets_with_exemplars(at, counts, histogram.count());
  if (may_have_sum(histogram)) {
    at = put_number(put_head(at, sum_name_, labels), histogram.sum());
    *at++ = '\n';
    at = put_number(put_head(at, count_name_, labels), histogram.count());
    *at++ = '\n';
  }
  lines.wrote_to(at);
}

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
