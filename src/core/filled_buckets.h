#pragma once

#include <bit>
#include <cstdint>

#include <kymo/core/histogram_cells.h>

#if KYMO_CELLS_BY_ONE_INSTRUCTION
#include <emmintrin.h>
#endif

/// Which buckets of a page hold something. Most hold nothing, so whoever reads a page asks this first.
namespace kymo::inline v0::cells {

static_assert(kBucketsPerPage == 32);

#if KYMO_CELLS_BY_ONE_INSTRUCTION

// Sixteen buckets to the half of a word. What others write meanwhile is seen or not, bucket by bucket: on
// this processor no aligned load of 16 bytes shows half a bucket. The counts themselves are loaded one by
// one.
[[nodiscard]] inline std::uint32_t filled_half(const NarrowCell* bucket) noexcept {
  const auto* const lanes = reinterpret_cast<const __m128i*>(bucket);
  const __m128i zero = _mm_setzero_si128();
  const __m128i low = _mm_cmpeq_epi16(_mm_load_si128(lanes), zero);
  const __m128i high = _mm_cmpeq_epi16(_mm_load_si128(lanes + 1), zero);
  return ~static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))) & 0xFFFFU;
}

/// Bit i: bucket i is not empty.
[[nodiscard]] inline std::uint32_t filled_buckets(const NarrowPage& page) noexcept {
  return filled_half(page.bucket) | filled_half(page.bucket + kBucketsPerPage / 2) << 16U;
}

#else

[[nodiscard]] inline std::uint32_t filled_buckets(const NarrowPage& page) noexcept {
  std::uint32_t filled = 0;
  for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
    filled |= std::uint32_t{page.bucket[i].load(std::memory_order_relaxed) != 0} << i;
  }
  return filled;
}

#endif

}  // namespace kymo::inline v0::cells
