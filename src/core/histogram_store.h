#pragma once

#include <cmath>
#include <cstddef>

#include <kymo/core/detail/cells.h>
#include <kymo/core/detail/histogram_cells.h>
#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::cells {

/// Whether a histogram's sums are doubles or nanoseconds.
enum class SumForm : std::uint8_t { floating, nanoseconds };

/// Recording multiplies nanoseconds by 1e-9, which is fast but may miss the nearest double. This function
/// returns the nearest one.
[[nodiscard]] inline double nearest_seconds(double seconds) noexcept {
  constexpr double kMostExact = 4'000'000;  // beyond 2^52 nanoseconds a double is coarser than they are
  return std::abs(seconds) < kMostExact ? std::nearbyint(seconds * 1e9) / 1e9 : seconds;
}

/// `bounds`: the number of own bounds.
[[nodiscard]] CellId allocate_histogram(std::size_t bounds) noexcept;

/// Returns and empties the cell; the next histogram of that form reuses its blocks.
void free_histogram(CellId id, std::size_t bounds) noexcept;

/// Forgets minima and maxima, perhaps also of a concurrent record; readers then bound them by the
/// buckets.
void forget_extremes(CellId id) noexcept;

}  // namespace kymo::KYMO_ABI::cells
