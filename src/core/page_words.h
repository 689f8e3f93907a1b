#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kymo/core/detail/histogram_cells.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::cells {

/// Memory for the words of many histograms' buckets, one after the other, in blocks that grow with use.
/// Threads: one at a time.
class BucketWords final {
 public:
  /// Room for that many words; valid until the next call.
  [[nodiscard]] std::uint32_t* room(std::size_t words);
  /// Ends the words here, and keeps them as long as this object.
  void keep_to(std::uint32_t* end) noexcept { free_ = end; }
  /// No words are kept any more; the blocks stay for the next ones.
  void clear() noexcept {
    free_ = end_ = nullptr;
    used_ = 0;
  }
  /// Memory of the blocks.
  [[nodiscard]] std::size_t bytes() const noexcept { return in_blocks_ * sizeof(std::uint32_t); }

 private:
  struct Block {
    std::unique_ptr<std::uint32_t[]> words;
    std::size_t size;
  };

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  ///< of `blocks_`, from the front
  std::uint32_t* free_ = nullptr;
  std::uint32_t* end_ = nullptr;
  std::size_t in_blocks_ = 0;
};

// Conversion of a page's buckets to words of HistogramBuckets: the main cost of a Snapshot of many
// histograms. Most buckets are empty, and branch prediction cannot guess which.

/// A page, and the number of its first bucket.
struct PageAt {
  const NarrowPage* page;
  std::uint32_t first;
};

/// Writes the words of the pages' non-empty buckets, from `end` on, and adds their counts to `count`. Returns
/// the new end. There must be room for the whole pages and kWordsBeyond more.
using WritePageWords = std::uint32_t* (*)(std::span<const PageAt> pages, std::uint32_t* end,
                                          std::uint64_t& count) noexcept;
inline constexpr std::size_t kWordsBeyond = 8;

/// Adds the counts of both into `sum`, which nobody else writes, and may be one of them. A count saturates at
/// 65 535.
void add_pages(const NarrowPage& one, const NarrowPage& other, NarrowPage& sum) noexcept;
/// True if a count has saturated, or just reached that value.
[[nodiscard]] bool is_full_anywhere(const NarrowPage& sum) noexcept;

/// The available implementations. All give the same result, apart from concurrent records.
struct PageWordsWay {
  const char* name;
  bool is_for_this_processor;
  WritePageWords write;
};
inline constexpr int kPageWordsWays = 3;
[[nodiscard]] PageWordsWay page_words_way(int number) noexcept;

/// The fastest one for this processor.
[[nodiscard]] WritePageWords quickest_page_words() noexcept;

}  // namespace kymo::KYMO_ABI::cells
