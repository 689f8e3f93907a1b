#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kymo/core/histogram_value.h>

#include "histogram_store.h"
#include "page_words.h"

namespace kymo::KYMO_ABI::cells {

/// The pages of one histogram in the blocks of all threads that recorded into it. The counts of a bucket are
/// added page by page. With eight threads a Snapshot reads eight times the pages, but writes no more words
/// than with one. Threads: one at a time.
class BlockPages final {
 public:
  /// Removes all blocks.
  void clear() noexcept;
  void add(const HistogramBlock& block);

  /// Reads the pages: returns the buckets, which lie in `words`, and adds their sum to `count`.
  [[nodiscard]] HistogramBuckets read(BucketWords& words, std::uint64_t& count);

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void sum_up_blocks();
  [[nodiscard]] const NarrowPage* sum_of(std::uint32_t first, NarrowPage& sum) const noexcept;
  [[nodiscard]] std::uint32_t* write_exactly(std::size_t place, std::uint32_t* end,
                                             std::uint64_t& count) const noexcept;

  WritePageWords write_words_ = quickest_page_words();
  std::size_t blocks_ = 0;
  // One entry for each block, ascending; the vectors' sizes are their capacity.
  std::size_t size_ = 0;
  std::size_t wide_ones_ = 0;
  std::vector<PageAt> pages_;
  std::vector<const WidePage*> wide_;  ///< beside a narrow page; null: none
  // Of several blocks, or with wide ones:
  std::vector<std::uint32_t> next_;          ///< from a page to that of the same buckets in another block
  std::vector<PageAt> summed_;               ///< null: must be written bucket by bucket
  std::vector<std::uint32_t> first_listed_;  ///< of the summed pages
  std::unique_ptr<std::array<NarrowPage, kPages>> sums_;
};

}  // namespace kymo::KYMO_ABI::cells
