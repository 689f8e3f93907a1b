#pragma once

#include <cstdint>
#include <memory>

#include <kymo/core/histogram_value.h>

#include "cell_store.h"
#include "histogram_store.h"
#include "page_words.h"

namespace kymo::inline v0::cells {

/// Reads many histograms of one form, one after the other: what leads to the slabs is looked up once, and
/// buckets are gathered where there is room for all, before a value takes what it needs. Slabs leased later
/// are not seen: one for each reading. Threads: one at a time.
class HistogramReader final {
 public:
  /// `bounds` null: exponential.
  HistogramReader(SumForm sum, HistogramValue::Bounds bounds);

  /// What all threads recorded.
  [[nodiscard]] HistogramValue read(CellId id);

 private:
  [[nodiscard]] HistogramValue empty() const;
  template <class Block>
  void add(const Block& block, HistogramValue& total);
  void read_block(const HistogramBlock& block, HistogramValue& value);
  void read_block(const ExplicitBlock& block, HistogramValue& value) const;

  SumForm sum_;
  HistogramValue::Bounds bounds_;
  CellReader cells_;
  WritePageWords write_words_;
  std::unique_ptr<std::uint32_t[]> words_;  ///< room for every bucket there can be
};

}  // namespace kymo::inline v0::cells
