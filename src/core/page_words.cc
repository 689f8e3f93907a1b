#include "page_words.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>

#include <kymo/core/histogram_buckets.h>

#if KYMO_CELLS_BY_ONE_INSTRUCTION
#include <immintrin.h>
#endif

namespace kymo::KYMO_ABI::cells {
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

// Concurrent counts are seen or not, bucket by bucket: on this processor no aligned load of 16 bytes shows
// half a bucket.
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

// Registers of 256 bits: those of 512 slow some processors down for all neighbours.
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

std::uint32_t* BucketWords::room(std::size_t words) {
  if (static_cast<std::size_t>(end_ - free_) < words) {
    constexpr std::size_t kMostOrdinary = std::size_t{1} << 15U;  // 128 KiB
    while (used_ < blocks_.size() && blocks_[used_].size < words) ++used_;
    if (used_ == blocks_.size()) {
      const std::size_t size = std::max(words, std::min(in_blocks_, kMostOrdinary));
      blocks_.push_back({std::make_unique_for_overwrite<std::uint32_t[]>(size), size});
      in_blocks_ += size;
    }
    const Block& block = blocks_[used_++];
    free_ = block.words.get();
    end_ = free_ + block.size;
  }
  return free_;
}

#if KYMO_CELLS_BY_ONE_INSTRUCTION

void add_pages(const NarrowPage& one, const NarrowPage& other, NarrowPage& sum) noexcept {
  auto* const to = reinterpret_cast<__m128i*>(sum.bucket);
  for (std::size_t i = 0; i < kBucketsPerPage / 8; ++i) {
    _mm_store_si128(to + i, _mm_adds_epu16(eight_buckets(one, i), eight_buckets(other, i)));
  }
}

bool is_full_anywhere(const NarrowPage& sum) noexcept {
  const __m128i full = _mm_set1_epi16(-1);
  __m128i found = _mm_setzero_si128();
  for (std::size_t i = 0; i < kBucketsPerPage / 8; ++i) {
    found = _mm_or_si128(found, _mm_cmpeq_epi16(eight_buckets(sum, i), full));
  }
  return _mm_movemask_epi8(found) != 0;
}

#else

constexpr std::uint32_t kFull = 0xFFFF;

void add_pages(const NarrowPage& one, const NarrowPage& other, NarrowPage& sum) noexcept {
  for (std::size_t i = 0; i < kBucketsPerPage; ++i) {
    const std::uint32_t both = std::uint32_t{one.bucket[i].load(std::memory_order_relaxed)} +
                               other.bucket[i].load(std::memory_order_relaxed);
    sum.bucket[i].store(static_cast<std::uint16_t>(std::min(both, kFull)), std::memory_order_relaxed);
  }
}

bool is_full_anywhere(const NarrowPage& sum) noexcept {
  return std::any_of(std::begin(sum.bucket), std::end(sum.bucket),
                     [](const NarrowCell& count) { return count.load(std::memory_order_relaxed) == kFull; });
}

#endif

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

}  // namespace kymo::KYMO_ABI::cells
