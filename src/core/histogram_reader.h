#pragma once

#include <cstdint>
#include <vector>

#include <kymo/core/histogram_value.h>

#include "cell_store.h"
#include "histogram_store.h"

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
  [[nodiscard]] HistogramValue read_block(const HistogramBlock& block);
  [[nodiscard]] HistogramValue read_block(const ExplicitBlock& block) const;

  SumForm sum_;
  HistogramValue::Bounds bounds_;
  CellReader cells_;
  std::vector<std::uint32_t> words_;
};

}  // namespace kymo::inline v0::cells
