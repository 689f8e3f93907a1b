#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/core/detail/histogram_cells.h>

/// From a page's buckets to the words of HistogramBuckets: what a Snapshot of many histograms spends its time
/// on. Most buckets hold nothing, and which ones is hard to guess.
namespace kymo::KYMO_ABI::cells {

/// A page, and the number of its first bucket.
struct PageAt {
  const NarrowPage* page;
  std::uint32_t first;
};

/// Writes the words of those buckets of the pages that hold something, from `end` on. What they hold goes to
/// `count`. Returns the new end. There must be room for the whole pages and kWordsBeyond more.
using WritePageWords = std::uint32_t* (*)(std::span<const PageAt> pages, std::uint32_t* end,
                                          std::uint64_t& count) noexcept;
inline constexpr std::size_t kWordsBeyond = 8;

/// The counts of both to `sum`, which nobody else writes, and may be one of them. A count stops at 65 535.
void add_pages(const NarrowPage& one, const NarrowPage& other, NarrowPage& sum) noexcept;
/// Whether a count has stopped, or just come so far.
[[nodiscard]] bool is_full_anywhere(const NarrowPage& sum) noexcept;

/// The ways that there are. All give the same, but for what others record meanwhile.
struct PageWordsWay {
  const char* name;
  bool is_for_this_processor;
  WritePageWords write;
};
inline constexpr int kPageWordsWays = 3;
[[nodiscard]] PageWordsWay page_words_way(int number) noexcept;

/// The quickest one for this processor.
[[nodiscard]] WritePageWords quickest_page_words() noexcept;

}  // namespace kymo::KYMO_ABI::cells
