#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/core/detail/histogram_cells.h>

/// Converts a page's buckets to words of HistogramBuckets: the main cost of a Snapshot of many histograms.
/// Most buckets are empty, and branch prediction cannot guess which.
namespace kymo::KYMO_ABI::cells {

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
