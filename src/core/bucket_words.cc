#include "bucket_words.h"

#include <algorithm>

namespace kymo::KYMO_ABI::cells {

std::uint32_t* BucketWords::room(std::size_t words) {
  if (static_cast<std::size_t>(end_ - free_) < words) {
    constexpr std::size_t kMostOrdinary = std::size_t{1} << 15U;  // 128 KiB
    while (used_ < blocks_.size() && blocks_[used_].size < words) ++used_;
    if (used_ == blocks_.size()) {
      const std::size_t size = std::max(words, std::min(in_blocks_, kMostOrdinary));
      blocks_.push_back({std::make_unique_for_overwrite<std::uint32_t[]>(size), size});
      in_blocks_ += size;
    }
    const Block& block = blocks_[used_++];
    free_ = block.words.get();
    end_ = free_ + block.size;
  }
  return free_;
}

}  // namespace kymo::KYMO_ABI::cells
