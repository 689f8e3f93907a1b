#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

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

template <class Block>
[[nodiscard]] Block* block_in(const Cell& cell) noexcept {
  return reinterpret_cast<Block*>(cell.load(std::memory_order_acquire));
}

/// The link to a page; 0: no page yet.
[[nodiscard]] inline Link page_link(const HistogramBlock& block, std::uint32_t page) noexcept {
  const std::uint32_t near = page - block.first_near.load(std::memory_order_acquire);
  if (near < kNearPages) return block.near[near].load(std::memory_order_acquire);
  const Link far = block.far.load(std::memory_order_acquire);
  if (far == 0) return 0;
  const Link group =
      follow<FarPages>(block, far)->group[page / kPagesPerGroup].load(std::memory_order_acquire);
  if (group == 0) return 0;
  return follow<HistogramGroup>(block, group)->page[page % kPagesPerGroup].load(std::memory_order_acquire);
}

/// Calls `visit(narrow, wide or null, first bucket)` for each page, ascending.
template <class Visitor>
void for_each_page(const HistogramBlock& block, Visitor visit) {
  const auto follow_to = [&](Link link, std::uint32_t page) {
    if (link == 0) return;
    WidePage* wide = (link & kWide) != 0 ? follow<WidePage>(block, link) : nullptr;
    const Link narrow = wide != nullptr ? wide->narrow.load(std::memory_order_relaxed) : link;
    visit(*follow<NarrowPage>(block, narrow), wide, page * kBucketsPerPage);
  };
  const std::uint32_t first = block.first_near.load(std::memory_order_acquire);
  if (first == HistogramBlock::kNoPage) return;
  if (block.far.load(std::memory_order_acquire) != 0) {
    for (std::uint32_t page = 0; page < kPages; ++page) follow_to(page_link(block, page), page);
    return;
  }
  for (std::uint32_t near = 0; near < kNearPages; ++near) {
    follow_to(block.near[near].load(std::memory_order_acquire), first + near);
  }
}

}  // namespace kymo::KYMO_ABI::cells
