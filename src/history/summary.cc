#include "summary.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "decimal.h"

namespace kymo::KYMO_ABI::history {
namespace {

double real(std::uint64_t bits) { return std::bit_cast<double>(bits); }

double number(ColumnKind kind, std::uint64_t bits) {
  return kind == ColumnKind::integer ? static_cast<double>(bits) : real(bits);
}

/// Less in the order of the kind; a NaN is neither less nor more.
bool is_less(ColumnKind kind, std::uint64_t a, std::uint64_t b) {
  return kind == ColumnKind::integer ? a < b : real(a) < real(b);
}

bool is_nan(ColumnKind kind, std::uint64_t bits) {
  return kind == ColumnKind::real && std::isnan(real(bits));
}

void mark_falls(ColumnKind kind, std::span<const std::uint64_t> bits, std::vector<bool>& falls) {
  for (std::size_t i = 1; i < bits.size(); ++i)
    if (is_less(kind, bits[i], bits[i - 1])) falls[i] = true;
}

/// A series is reset where it falls, and where a created time says so. A histogram falls with the count of a
/// bucket; its sum may fall by values below zero.
std::vector<bool> resets_of(const SeriesColumns& series, std::size_t samples) {
  std::vector<bool> resets(samples);
  if (!series.histogram)
    mark_falls(series.values.kind, series.values.bits, resets);
  else
    for (const auto& counts : series.histogram->counts) mark_falls(ColumnKind::integer, counts, resets);
  for (const Created& created : series.created)
    if (created.sample > 0) resets[created.sample] = true;
  return resets;
}

void sum_up(SeriesSummary& summary, std::span<const std::uint64_t> bits) {
  summary.first = summary.min = summary.max = bits.front();
  summary.last = bits.back();
  for (const std::uint64_t one : bits) {
    summary.sum += number(summary.kind, one);
    if (is_less(summary.kind, one, summary.min) || is_nan(summary.kind, summary.min)) summary.min = one;
    if (is_less(summary.kind, summary.max, one) || is_nan(summary.kind, summary.max)) summary.max = one;
  }
}

BucketSummary sum_up_bucket(std::span<const std::uint64_t> counts, const std::vector<bool>& resets) {
  BucketSummary bucket{.first = counts.front(), .last = counts.back()};
  for (std::size_t i = 1; i < counts.size(); ++i)
    bucket.growth += resets[i] ? counts[i] : counts[i] - counts[i - 1];
  return bucket;
}

// How the figures are written, in the first byte.
enum SummaryForm : unsigned {
  kAllEqual = 1,   // minimum, maximum and last are the first value
  kIsProduct = 2,  // the sum is the first value, times the count
  kHasResets = 4,
  kIsAscending = 8,  // minimum and first are one value, and maximum and last
  kIsInBits = 16,    // values are 8 bytes each; else the integers of decimals
  kForms = 32,
};

double product(const SeriesSummary& summary) {
  return number(summary.kind, summary.first) * static_cast<double>(summary.count);
}

bool same(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

unsigned form_of(const SeriesSummary& summary) {
  unsigned form = summary.resets > 0 ? kHasResets : 0U;
  if (summary.min == summary.first && summary.max == summary.last)
    form |= summary.first == summary.last ? kAllEqual : kIsAscending;
  if (same(summary.sum, product(summary))) form |= kIsProduct;
  return form;
}

/// How the values are written: as integers, all but the first as differences from it, or in 8 bytes.
struct Values {
  bool is_in_bits = false;
  unsigned digits = 0;  ///< of decimals
  bool is_decimal = false;

  [[nodiscard]] std::uint64_t integer(std::uint64_t bits) const {
    return is_decimal ? integer_of(bits, digits).value_or(0) : bits;
  }
  void put(std::uint64_t bits, std::uint64_t base, Bytes& to) const {
    if (is_in_bits)
      put_fixed(to, bits);
    else
      put_varint(to, zigzag(integer(bits) - integer(base)));
  }
  [[nodiscard]] std::uint64_t read(std::uint64_t base, ByteReader& from) const {
    if (is_in_bits) return from.fixed<std::uint64_t>();
    const std::uint64_t value = integer(base) + from.zigzag_varint();
    return is_decimal ? real_of(value, digits) : value;
  }
};

Values values_of(const SeriesSummary& summary, std::optional<std::uint8_t> digits) {
  if (summary.kind == ColumnKind::integer) return {};
  if (!digits) return {.is_in_bits = true};
  const Values values{.digits = *digits, .is_decimal = true};
  const auto is_whole = [&](std::uint64_t bits) { return integer_of(bits, *digits).has_value(); };
  if (is_whole(summary.first) && is_whole(summary.last) && is_whole(summary.min) && is_whole(summary.max))
    return values;
  return {.is_in_bits = true};
}

}  // namespace

SeriesSummary summarize(const SeriesColumns& series, std::size_t samples) {
  SeriesSummary summary;
  summary.series = series.series;
  summary.kind = series.values.kind;
  summary.count = static_cast<std::uint32_t>(samples);
  summary.is_histogram = series.histogram.has_value();
  if (series.histogram) {
    summary.bounds = series.histogram->bounds;
    summary.buckets = series.histogram->buckets;
    summary.growth.resize(summary.buckets.size());
  }
  if (samples == 0) return summary;
  sum_up(summary, series.values.bits);
  const std::vector<bool> resets = resets_of(series, samples);
  summary.resets = static_cast<std::uint32_t>(std::ranges::count(resets, true));
  for (std::size_t i = 0; i < summary.buckets.size(); ++i)
    summary.growth[i] = sum_up_bucket(series.histogram->counts[i], resets);
  return summary;
}

void put_summary(const SeriesSummary& summary, std::optional<std::uint8_t> digits, Bytes& to) {
  if (summary.count == 0) return;
  const Values values = values_of(summary, digits);
  const unsigned form = form_of(summary) | (values.is_in_bits ? kIsInBits : 0U);
  put_byte(to, form);
  values.put(summary.first, 0, to);
  if ((form & kAllEqual) == 0) values.put(summary.last, summary.first, to);
  if ((form & (kAllEqual | kIsAscending)) == 0) {
    values.put(summary.min, summary.first, to);
    values.put(summary.max, summary.first, to);
  }
  if ((form & kIsProduct) == 0) put_fixed(to, std::bit_cast<std::uint64_t>(summary.sum));
  if ((form & kHasResets) != 0) put_varint(to, summary.resets);
  for (const BucketSummary& bucket : summary.growth) {
    put_varint(to, bucket.first);
    put_varint(to, bucket.growth);
    if ((form & kHasResets) != 0) put_varint(to, bucket.last);
  }
}

void read_summary(SeriesSummary& summary, std::optional<std::uint8_t> digits, ByteReader& from) {
  summary.growth.resize(summary.buckets.size());
  if (summary.count == 0) return;
  const unsigned form = from.byte();
  if (form >= kForms) return from.fail();
  const bool is_integer = summary.kind == ColumnKind::integer;
  if (is_integer ? (form & kIsInBits) != 0 : !digits && (form & kIsInBits) == 0) return from.fail();
  const Values values{
      .is_in_bits = (form & kIsInBits) != 0, .digits = digits.value_or(0), .is_decimal = !is_integer};
  summary.first = values.read(0, from);
  summary.last = (form & kAllEqual) != 0 ? summary.first : values.read(summary.first, from);
  summary.min = summary.first;
  summary.max = summary.last;
  if ((form & (kAllEqual | kIsAscending)) == 0) {
    summary.min = values.read(summary.first, from);
    summary.max = values.read(summary.first, from);
  }
  summary.sum =
      (form & kIsProduct) != 0 ? product(summary) : std::bit_cast<double>(from.fixed<std::uint64_t>());
  if ((form & kHasResets) != 0) summary.resets = static_cast<std::uint32_t>(from.size(summary.count));
  for (BucketSummary& bucket : summary.growth) {
    bucket.first = from.varint();
    bucket.growth = from.varint();
    bucket.last = (form & kHasResets) != 0 ? from.varint() : bucket.first + bucket.growth;
  }
}

}  // namespace kymo::KYMO_ABI::history
