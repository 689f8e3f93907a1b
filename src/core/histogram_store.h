#pragma once

#include <cstddef>

#include <kymo/core/cells.h>
#include <kymo/core/histogram_cells.h>
#include <kymo/core/histogram_value.h>

namespace kymo::inline v0::cells {

/// Whether a histogram's sums are doubles or nanoseconds.
enum class SumForm : std::uint8_t { floating, nanoseconds };

/// `bounds`: how many; 0: exponential.
[[nodiscard]] CellId allocate_histogram(std::size_t bounds) noexcept;

/// Gives it back, emptied; its blocks serve the next histogram of that form.
void free_histogram(CellId id, std::size_t bounds) noexcept;

/// Forgets minima and maxima. A value recorded at the same moment may be forgotten too: whoever reads them
/// later bounds them by the buckets.
void forget_extremes(CellId id, const HistogramValue::Bounds& bounds) noexcept;

}  // namespace kymo::inline v0::cells
