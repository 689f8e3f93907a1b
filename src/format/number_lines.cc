#include "number_lines.h"

#include <algorithm>
#include <bit>

#include "number_text.h"
#include "sample_head.h"

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

}  // namespace

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

}  // namespace kymo::KYMO_ABI::format
