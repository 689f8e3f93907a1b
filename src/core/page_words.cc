#include "page_words.h"

#include <bit>
#include <cstddef>

#include <kymo/core/histogram_buckets.h>

#if KYMO_CELLS_BY_ONE_INSTRUCTION
#include <immintrin.h>
#endif

namespace kymo::inline v0::cells {
namespace {

static_assert(kBucketsPerPage == 32);
constexpr unsigned kCountBits = HistogramBuckets::kCountBits;

[[nodiscard]] std::uint32_t filled_one_by_one(const NarrowPage& page) noexcept {
  std::uint32_t filled = 0;
  for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
    filled |= std::uint32_t{page.bucket[i].load(std::memory_order_relaxed) != 0} << i;
  }
  return filled;
}

/// `filled`: bit i for a bucket that is not empty.
std::uint32_t* write_filled(const NarrowPage& page, std::size_t filled, std::uint32_t first,
                            std::uint32_t* end, std::uint64_t& count) noexcept {
  const std::uint32_t first_word = first << kCountBits;
  std::uint64_t sum = 0;
  for (; filled != 0; filled &= filled - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(filled));
    const std::size_t in_bucket = page.bucket[i].load(std::memory_order_relaxed);
    *end++ = first_word + static_cast<std::uint32_t>((i << kCountBits) + in_bucket);
    sum += in_bucket;
  }
  count += sum;
  return end;
}

std::uint32_t* one_by_one(std::span<const PageAt> pages, std::uint32_t* end, std::uint64_t& count) noexcept {
  for (const auto& [page, first] : pages) {
    end = write_filled(*page, filled_one_by_one(*page), first, end, count);
  }
  return end;
}

#if KYMO_CELLS_BY_ONE_INSTRUCTION

// What others write meanwhile is seen or not, bucket by bucket: on this processor no aligned load of 16 bytes
// shows half a bucket.
[[nodiscard]] __m128i eight_buckets(const NarrowPage& page, std::size_t number) noexcept {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(page.bucket) + number);
}

[[nodiscard]] std::uint32_t filled_half(const NarrowPage& page, std::size_t half) noexcept {
  const __m128i zero = _mm_setzero_si128();
  const __m128i low = _mm_cmpeq_epi16(eight_buckets(page, 2 * half), zero);
  const __m128i high = _mm_cmpeq_epi16(eight_buckets(page, 2 * half + 1), zero);
  return ~static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))) & 0xFFFFU;
}

std::uint32_t* by_sse2(std::span<const PageAt> pages, std::uint32_t* end, std::uint64_t& count) noexcept {
  for (const auto& [page, first] : pages) {
    end = write_filled(*page, filled_half(*page, 0) | filled_half(*page, 1) << 16U, first, end, count);
  }
  return end;
}

// Registers of 256 bits: those of 512 make some processors slow down for all that runs beside.
__attribute__((target("avx2,avx512f,avx512vl,popcnt"))) std::uint32_t* by_avx512(
    std::span<const PageAt> pages, std::uint32_t* end, std::uint64_t& count) noexcept {
  const __m256i in_order = _mm256_slli_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), kCountBits);
  const __m256i next_eight = _mm256_set1_epi32(8 << kCountBits);
  __m256i sums = _mm256_setzero_si256();
  for (const auto& [page, first] : pages) {
    __m256i word = _mm256_add_epi32(in_order, _mm256_set1_epi32(static_cast<int>(first << kCountBits)));
    for (std::size_t i = 0; i < kBucketsPerPage / 8; ++i) {
      const __m256i counts = _mm256_cvtepu16_epi32(eight_buckets(*page, i));
      const __mmask8 filled = _mm256_test_epi32_mask(counts, counts);
      const __m256i words = _mm256_maskz_compress_epi32(filled, _mm256_add_epi32(word, counts));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(end), words);
      end += std::popcount(static_cast<unsigned>(filled));
      sums = _mm256_add_epi32(sums, counts);
      word = _mm256_add_epi32(word, next_eight);
    }
  }
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0b01'00'11'10));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0b10'11'00'01));
  count += static_cast<std::uint32_t>(_mm_cvtsi128_si32(sum));
  return end;
}

[[nodiscard]] bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("popcnt");
}

#endif

}  // namespace

PageWordsWay page_words_way(int number) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  if (number == 2) return {"AVX-512", has_avx512(), by_avx512};
  if (number == 1) return {"SSE2", true, by_sse2};
#else
  if (number != 0) return {"of another processor", false, one_by_one};
#endif
  return {"one by one", true, one_by_one};
}

WritePageWords quickest_page_words() noexcept {
  for (int number = kPageWordsWays - 1; number > 0; --number) {
    const PageWordsWay way = page_words_way(number);
    if (way.is_for_this_processor) return way.write;
  }
  return one_by_one;
}

}  // namespace kymo::inline v0::cells
