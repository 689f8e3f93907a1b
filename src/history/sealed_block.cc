#include "sealed_block.h"

#include <algorithm>

namespace kymo::KYMO_ABI::history {

SealedBlock::SealedBlock(const BlockColumns& columns)
    : first_ms_(columns.times_ms.front()), last_ms_(columns.times_ms.back()), columns_(columns) {
  series_.reserve(columns.series.size());
  for (const SeriesColumns& series : columns.series) {
    series_.push_back(series.series);
    samples_ += series.values.bits.size();
  }
}

std::size_t SealedBlock::bytes() const noexcept {
  std::size_t bytes = sizeof(*this) + series_.capacity() * sizeof(series_[0]) +
                      columns_.times_ms.size() * sizeof(std::int64_t);
  for (const SeriesColumns& series : columns_.series) {
    bytes += sizeof(series) + (series.values.bits.size() + series.present.size()) * sizeof(std::uint64_t);
    if (!series.histogram) continue;
    bytes += series.histogram->counts.size() * series.values.bits.size() * sizeof(std::uint64_t);
  }
  return bytes;
}

bool SealedBlock::read(std::uint32_t series, std::vector<std::int64_t>& times, SeriesColumns& out) const {
  const auto found = std::ranges::find(columns_.series, series, &SeriesColumns::series);
  if (found == columns_.series.end()) return false;
  times = columns_.times_ms;
  out = *found;
  return true;
}

}  // namespace kymo::KYMO_ABI::history
