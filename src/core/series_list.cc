#include "series_list.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace kymo::KYMO_ABI {
namespace {

// Most families have a few series, some have a million.
constexpr std::size_t kFirstSegment = 4;
constexpr std::size_t kLargestSegment = 4096;

}  // namespace

void SeriesList::make_room() {
  if (parts_.empty()) parts_.push_back(Part(kFirstSegment));
  if (parts_.back().size_ == parts_.back().capacity_) {
    parts_.push_back(Part(std::min(parts_.back().capacity_ * 4, kLargestSegment)));
  }
}

void SeriesList::append(Series* series) noexcept {
  Part& last = parts_.back();
  last.segment_[static_cast<std::ptrdiff_t>(last.size_++)] = series;
  ++size_;
}

void SeriesList::remove(std::span<Series* const> series) {
  std::vector<Series*> gone(series.begin(), series.end());
  std::sort(gone.begin(), gone.end(), std::less<>());
  const auto is_gone = [&](Series* held) {
    return std::binary_search(gone.begin(), gone.end(), held, std::less<>());
  };
  std::vector<Part> parts = parts_;
  std::size_t size = size_;
  for (Part& part : parts) {
    const std::span<Series* const> held = part.series();
    if (std::none_of(held.begin(), held.end(), is_gone)) continue;
    Part kept(part.capacity_);
    Series** const end = std::remove_copy_if(held.begin(), held.end(), kept.segment_.get(), is_gone);
    kept.size_ = static_cast<std::size_t>(end - kept.segment_.get());
    size -= held.size() - kept.size_;
    part = std::move(kept);
  }
  std::erase_if(parts, [](const Part& part) { return part.size_ == 0; });
  parts_ = std::move(parts);
  size_ = size;
}

}  // namespace kymo::KYMO_ABI
