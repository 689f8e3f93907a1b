#include "columns.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

namespace kymo::KYMO_ABI::history {
namespace {

template <class Range, class Projection = std::identity>
bool ascends(const Range& range, Projection projection = {}) {
  return std::ranges::adjacent_find(range, std::ranges::greater_equal(), projection) == range.end();
}

const char* fault_of_presence(const SeriesColumns& series, std::size_t ticks) {
  if (!series.present.empty()) {
    if (series.present.size() != (ticks + kWordBits - 1) / kWordBits)
      return "present has another length than the ticks";
    if (ticks % kWordBits != 0 && series.present.back() >> (ticks % kWordBits) != 0)
      return "present has a bit after the last tick";
  }
  if (!ascends(series.stale)) return "stale ticks do not ascend";
  if (!series.stale.empty() && series.stale.back() >= ticks) return "a stale tick is after the last tick";
  if (std::ranges::any_of(series.stale, [&](std::uint32_t tick) { return is_present(series, tick); }))
    return "a stale tick has a sample";
  return nullptr;
}

const char* fault_of_histogram(const HistogramColumns& histogram, std::size_t samples) {
  if (!ascends(histogram.buckets)) return "buckets do not ascend";
  if (histogram.counts.size() != histogram.buckets.size())
    return "there are more or fewer counts than buckets";
  if (std::ranges::any_of(histogram.counts, [&](const auto& counts) { return counts.size() != samples; }))
    return "a bucket has another number of counts than the series has samples";
  return nullptr;
}

const char* fault_of(const SeriesColumns& series, std::size_t ticks) {
  if (const char* fault = fault_of_presence(series, ticks)) return fault;
  const std::size_t samples = samples_of(series.present, ticks);
  if (series.values.bits.size() != samples) return "a series has another number of values than of samples";
  if (!ascends(series.created, &Created::sample)) return "created samples do not ascend";
  if (!series.created.empty() && series.created.back().sample >= samples)
    return "created is after the last sample";
  return series.histogram ? fault_of_histogram(*series.histogram, samples) : nullptr;
}

}  // namespace

std::size_t samples_of(std::span<const std::uint64_t> present, std::size_t ticks) {
  if (present.empty()) return ticks;
  return std::transform_reduce(
      present.begin(), present.end(), std::size_t{0}, std::plus(),
      [](std::uint64_t word) { return static_cast<std::size_t>(std::popcount(word)); });
}

const char* fault_of(const BlockColumns& block) {
  if (!ascends(block.times_ms)) return "times do not ascend";
  for (const SeriesColumns& series : block.series) {
    if (const char* fault = fault_of(series, block.times_ms.size())) return fault;
  }
  return nullptr;
}

}  // namespace kymo::KYMO_ABI::history
