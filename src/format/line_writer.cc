#include "line_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::format {
namespace {

// Series are scattered in memory. Prefetching this many ahead brings their labels into the cache in time.
constexpr std::size_t kAhead = 16;
constexpr std::size_t kCacheLine = 64;

void ask_for(const Series* series) noexcept {
  __builtin_prefetch(series);
  __builtin_prefetch(reinterpret_cast<const char*>(series) + kCacheLine);
}

template <class PutBits>
void write_lines(const FamilyColumns& columns, std::string_view name, LineWriter& lines, PutBits put_bits) {
  const std::vector<SeriesPtr>& series = *columns.series;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (i + kAhead < series.size()) ask_for(series[i + kAhead].get());
    const std::string_view labels = series[i].labels().text();
    char* at = put_head(lines.room(line_bytes(name, labels)), name, labels);
    at = put_bits(at, columns.numbers[i]);
    *at++ = '\n';
    lines.wrote_to(at);
  }
}

constexpr std::size_t kMaxLabelCharacters = 128;  // OpenMetrics 1.0, "Exemplars"

bool is_allowed(const Exemplar& exemplar) {
  if (std::isnan(exemplar.value)) return false;
  std::size_t total = 0;
  for (const LabelsView::Entry& label : LabelsView(exemplar.labels)) {
    total += base::count_characters(label.key) + base::count_characters(label.value);
  }
  return total <= kMaxLabelCharacters;
}

}  // namespace

char* put_unix_time(char* at, std::chrono::system_clock::time_point time) noexcept {
  using std::chrono::milliseconds;
  const std::int64_t ms = std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
  if (ms < 0) return put_number(at, static_cast<double>(ms) / 1000);
  at = put_number(at, ms / 1000);
  *at++ = '.';
  const auto fraction = static_cast<unsigned>(ms % 1000);
  *at++ = static_cast<char>('0' + fraction / 100);
  *at++ = static_cast<char>('0' + fraction / 10 % 10);
  *at++ = static_cast<char>('0' + fraction % 10);
  return at;
}

std::size_t expected_label_bytes(const FamilyColumns& columns) {
  const std::vector<SeriesPtr>& series = *columns.series;
  if (series.empty()) return 0;
  constexpr std::size_t kSamples = 64;
  const std::size_t step = std::max<std::size_t>(1, series.size() / kSamples);
  std::size_t bytes = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < series.size(); i += step, ++seen) bytes += series[i].labels().text().size();
  return (bytes / seen + 1) * series.size();
}

void write_number_lines(const FamilyColumns& columns, std::string_view sample_name, LineWriter& lines) {
  constexpr std::size_t kUsualNumberBytes = 12;
  lines.expect(expected_label_bytes(columns) +
               columns.series->size() * (sample_name.size() + 4 + kUsualNumberBytes));
  switch (columns.number_type) {
    case FamilyColumns::NumberType::unsigned_integer:
      return write_lines(columns, sample_name, lines,
                         [](char* at, std::uint64_t bits) { return put_number(at, bits); });
    case FamilyColumns::NumberType::signed_integer:
      return write_lines(columns, sample_name, lines, [](char* at, std::uint64_t bits) {
        return put_number(at, static_cast<std::int64_t>(bits));
      });
    case FamilyColumns::NumberType::floating:
      return write_lines(columns, sample_name, lines, [](char* at, std::uint64_t bits) {
        return put_number(at, std::bit_cast<double>(bits));
      });
  }
}

const Exemplar* newest_allowed(std::span<const Exemplar> exemplars) {
  const Exemplar* newest = nullptr;
  for (const Exemplar& exemplar : exemplars) {
    if ((newest == nullptr || exemplar.time > newest->time) && is_allowed(exemplar)) newest = &exemplar;
  }
  return newest;
}

std::size_t exemplar_bytes(const Exemplar& exemplar) noexcept {
  return exemplar.labels.size() + 2 * kMaxNumberBytes + 8;
}

char* put_exemplar(char* at, const Exemplar& exemplar) noexcept {
  at = put_text(at, " # {");
  at = put_text(at, exemplar.labels);
  at = put_text(at, "} ");
  at = put_number(at, exemplar.value);
  *at++ = ' ';
  return put_unix_time(at, exemplar.time);
}

}  // namespace kymo::KYMO_ABI::format
