// How many samples one of a store's stands for.
#include <bit>
#include <cstdint>

#include "sample_columns.h"

namespace kymo::KYMO_ABI::query {

void SampleColumns::assign_counts(std::span<const SampleWeight> counts) {
  clear();
  for (const SampleWeight& one : counts) {
    times.push_back(one.time_ms);
    values.push_back(one.samples);
  }
}

void SampleColumns::set_weights(std::span<const SampleWeight> all) {
  const auto fill = [&](const std::vector<std::int64_t>& at, std::vector<double>& into) {
    into.assign(at.size(), 0);
    auto next = all.begin();
    for (std::size_t i = 0; i < at.size(); ++i) {
      while (next != all.end() && next->time_ms < at[i]) ++next;
      if (next != all.end() && next->time_ms == at[i]) into[i] = next->samples;
    }
  };
  fill(times, weights);
  fill(histogram_times, histogram_weights);
}

void append_counts(const series::SeriesChunk& chunk, std::vector<SampleWeight>& counts) {
  const bool is_counted = chunk.use == series::SampleUse::count;
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    const bool is_histogram = !chunk.float_histograms.empty() && chunk.float_histograms[i] != nullptr;
    if (!is_histogram && std::bit_cast<std::uint64_t>(chunk.values[i]) == series::kStaleBits) continue;
    counts.push_back({chunk.times_ms[i], is_counted ? chunk.values[i] : 1});
  }
}

}  // namespace kymo::KYMO_ABI::query
