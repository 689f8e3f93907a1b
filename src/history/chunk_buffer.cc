#include "chunk_buffer.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace kymo::KYMO_ABI::history {
const series::SeriesChunk* ChunkBuffer::fill(std::span<const std::int64_t> times,
                                             const SeriesColumns& columns, series::TimeRange range,
                                             series::SampleUse use) {
  choose_samples(times, columns, range);
  if (chosen_.empty()) return nullptr;
  fill_values(columns);
  fill_starts(columns);
  chunk_ = {.times_ms = times_,
            .values = values_,
            .counts = counts_,
            .starts = starts_,
            .float_histograms = {},
            .use = use};
  if (columns.histogram) {
    fill_histogram(*columns.histogram);
    chunk_.histogram = &histogram_;
  }
  return &chunk_;
}

void ChunkBuffer::choose_samples(std::span<const std::int64_t> times, const SeriesColumns& columns,
                                 series::TimeRange range) {
  times_.clear();
  chosen_.clear();
  times_.reserve(times.size());
  chosen_.reserve(times.size());
  std::uint32_t sample = 0;
  auto stale = columns.stale.begin();
  for (std::size_t tick = 0; tick < times.size() && times[tick] <= range.to_ms; ++tick) {
    std::optional<std::uint32_t> chosen;
    if (is_present(columns, tick)) chosen = sample++;
    if (stale != columns.stale.end() && *stale == tick) {
      ++stale;
      chosen = kStale;
    }
    if (!chosen || times[tick] < range.from_ms) continue;
    times_.push_back(times[tick]);
    chosen_.push_back(*chosen);
  }
}

void ChunkBuffer::fill_values(const SeriesColumns& columns) {
  values_.clear();
  counts_.clear();
  values_.reserve(chosen_.size());
  const std::vector<std::uint64_t>& bits = columns.values.bits;
  const bool is_whole = columns.values.kind == ColumnKind::integer;
  if (is_whole) counts_.reserve(chosen_.size());
  for (const std::uint32_t sample : chosen_) {
    const bool is_stale = sample == kStale;
    const std::uint64_t value = is_stale ? (is_whole ? 0 : series::kStaleBits) : bits[sample];
    if (is_whole) counts_.push_back(value);
    values_.push_back(is_whole && !is_stale ? static_cast<double>(value)
                                            : std::bit_cast<double>(is_stale ? series::kStaleBits : value));
  }
}

/// The first sample gets the start that holds for it, too.
void ChunkBuffer::fill_starts(const SeriesColumns& columns) {
  starts_.clear();
  auto next = columns.created.begin();
  std::int64_t started_ms = 0;
  for (std::uint32_t i = 0; i < chosen_.size(); ++i) {
    if (chosen_[i] == kStale) continue;
    const bool is_first = starts_.empty();
    const std::int64_t before = started_ms;
    for (; next != columns.created.end() && next->sample <= chosen_[i]; ++next) started_ms = next->time_ms;
    if (started_ms != 0 && (is_first || started_ms != before)) starts_.push_back({i, started_ms});
  }
}

void ChunkBuffer::fill_histogram(const HistogramColumns& columns) {
  buckets_.resize(columns.counts.size());
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i].clear();
    buckets_[i].reserve(chosen_.size());
    for (const std::uint32_t sample : chosen_) {
      buckets_[i].push_back(sample == kStale ? 0 : columns.counts[i][sample]);
    }
  }
  histogram_ = {.bounds = columns.bounds, .buckets = columns.buckets, .counts = buckets_};
}

}  // namespace kymo::KYMO_ABI::history
