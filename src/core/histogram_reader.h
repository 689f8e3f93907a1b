#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kymo/core/histogram_value.h>

#include "block_pages.h"
#include "cell_store.h"
#include "histogram_store.h"
#include "page_words.h"

namespace kymo::KYMO_ABI::cells {

/// Reads many histograms of one form, one after the other, with one look-up of the slabs. Later slabs are not
/// seen: make one for each reading. Threads: one at a time.
class HistogramReader final {
 public:
  /// `bounds` null: the histograms have none. `words` is empty and takes the buckets.
  HistogramReader(SumForm sum, HistogramValue::Bounds bounds,
                  std::shared_ptr<BucketWords> words = std::make_shared<BucketWords>());

  /// The records of all threads. Its buckets lie in words(); a copy of it does not need them.
  [[nodiscard]] HistogramValue read(CellId id);
  /// The same for all these, faster.
  void append(std::span<const CellId> ids, std::vector<HistogramValue>& values);
  /// The sum of the last read histogram in whole nanoseconds.
  [[nodiscard]] std::uint64_t nanoseconds() const noexcept { return nanoseconds_; }
  [[nodiscard]] SumForm sum_form() const noexcept { return sum_; }
  [[nodiscard]] const std::shared_ptr<BucketWords>& words() const noexcept { return words_; }

 private:
  void read_sketch(CellId id, HistogramValue& value);
  [[nodiscard]] std::vector<std::uint64_t> counts_between_bounds(CellId id) const;
  [[nodiscard]] HistogramBuckets read_negative(CellId id);
  void ask_for_blocks(CellId id) const noexcept;
  void ask_for_pages(CellId id) const noexcept;
  SumForm sum_;
  HistogramValue::Bounds bounds_;
  CellReader cells_;
  // Of the histogram being read:
  std::vector<const HistogramBlock*> blocks_;
  BlockPages pages_;
  std::uint64_t nanoseconds_ = 0;

  std::shared_ptr<BucketWords> words_;
};

}  // namespace kymo::KYMO_ABI::cells
