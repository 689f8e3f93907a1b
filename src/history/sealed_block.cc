#include "sealed_block.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

/// An hour of blocks, and some more.
constexpr std::size_t kMostOpened = 16;

}  // namespace

SealedBlock::SealedBlock(const BlockColumns& columns, BlockEncoder& encoder)
    : first_ms_(columns.times_ms.front()),
      last_ms_(columns.times_ms.back()),
      bytes_(encoder.encode(columns)) {
  bytes_.shrink_to_fit();
  series_.reserve(columns.series.size());
  for (const SeriesColumns& series : columns.series) {
    series_.push_back(series.series);
    samples_ += series.values.bits.size();
  }
}

std::size_t SealedBlock::memory() const noexcept {
  constexpr std::size_t kHeap = 48;  // of the allocations themselves
  return sizeof(*this) + kHeap + series_.capacity() * sizeof(series_[0]) + bytes_.capacity();
}

bool SealedBlockReader::read(const std::shared_ptr<const SealedBlock>& block, std::uint32_t series,
                             std::vector<std::int64_t>& times, SeriesColumns& out) {
  const auto found = std::ranges::find(block->series(), series);
  BlockReader* const reader = found == block->series().end() ? nullptr : open(block);
  return reader != nullptr && reader->read_times(times) &&
         reader->read_series(static_cast<std::size_t>(found - block->series().begin()), out);
}

BlockReader* SealedBlockReader::open(const std::shared_ptr<const SealedBlock>& block) {
  const auto known = std::ranges::find(opened_, block, &Opened::block);
  if (known != opened_.end()) return &known->reader;
  std::string error;
  std::optional<BlockReader> reader = BlockReader::open(block->bytes(), error);
  if (!reader) return nullptr;
  if (opened_.size() < kMostOpened) {
    opened_.push_back({block, *std::move(reader)});
    return &opened_.back().reader;
  }
  Opened& place = opened_[next_++ % kMostOpened];
  place = {block, *std::move(reader)};
  return &place.reader;
}

}  // namespace kymo::KYMO_ABI::history
