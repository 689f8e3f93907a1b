#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <kymo/core/cells.h>

/// How a histogram's cells are laid out. As `cells.h`, here because recording is inlined into user code.
///
/// A histogram's 8-byte cell holds the address of a block that belongs to the same thread as the cell.
/// Exponential: the block leads over groups of 4 octaves to pages of a quarter octave, made when a value
/// first falls there: a histogram of latencies touches a few hundred buckets of the 5 376 that its range has.
/// Most buckets hold small numbers, so a page begins with 2 bytes a bucket; when one of its buckets has
/// counted 2^15, a wide page takes over from there, and the narrow one keeps what it had.
/// Links are distances from the block, so that 4 bytes are enough and a mapped file needs no translation.
/// Explicit bounds: the buckets follow the block.
namespace kymo::inline v0::cells {

/// Buckets an octave, as HistogramValue::kScale says.
inline constexpr int kBucketsPerOctave = 64;
inline constexpr int kMinExponent = -40;
inline constexpr int kMaxExponent = 44;
inline constexpr std::uint32_t kBuckets = (kMaxExponent - kMinExponent) * kBucketsPerOctave;
inline constexpr std::uint32_t kBucketsPerPage = 16;
inline constexpr std::uint32_t kPagesPerGroup = 16;
inline constexpr std::uint32_t kGroups = kBuckets / (kBucketsPerPage * kPagesPerGroup);
static_assert(kGroups * kPagesPerGroup * kBucketsPerPage == kBuckets);

inline constexpr double kZeroThreshold = 0x1p-40;
inline constexpr double kLargest = 0x1.fffffffffffffp+1023;

using NarrowCell = std::atomic<std::uint16_t>;
/// Distance from the block in units of 32 bytes; 0: none. The top bit, in a link to a page: it is wide.
using Link = std::uint32_t;
inline constexpr std::size_t kLinkUnit = 32;
inline constexpr Link kWide = Link{1} << 31U;
/// A narrow bucket that has counted this far is widened; it has room for as much again.
inline constexpr std::uint16_t kNarrowEnd = std::uint16_t{1} << 15U;

struct alignas(kLinkUnit) NarrowPage {
  NarrowCell bucket[kBucketsPerPage];
};

struct alignas(kLinkUnit) WidePage {
  Cell bucket[kBucketsPerPage];
  std::atomic<Link> narrow;  ///< what had been counted before; counts no more
};

struct alignas(kLinkUnit) HistogramGroup {
  std::atomic<Link> page[kPagesPerGroup];
};

/// Minimum and maximum are bit patterns of doubles. The sum is one too, or a whole number of nanoseconds.
struct alignas(kLinkUnit) HistogramBlock {
  Cell sum;
  Cell min;
  Cell max;
  Cell zeros;
  std::atomic<Link> group[kGroups];
  /// Not 0 once a page was widened: from then on each is when it is next touched, because a histogram whose
  /// pages are of both kinds would make the processor guess at every record which one it meets.
  std::atomic<std::uint32_t> widens;
};

struct ExplicitBlock {
  Cell sum;
  Cell min;
  Cell max;
  Cell bucket[1];  // as many as the histogram has bounds, and one
};

/// Where the borders between the 64 buckets of an octave lie, as the 52 bits behind the point of a double in
/// [1, 2), and which bucket each 128th of the octave begins in.
struct OctaveTable {
  std::uint64_t border[kBucketsPerOctave + 1];
  std::uint8_t first_bucket[128];
};
extern const OctaveTable octave_table;

/// Number of the bucket, from 0, that a value above kZeroThreshold falls into. Borders belong to the bucket
/// below: the value just under `v` is looked up in buckets whose borders belong to the one above.
[[nodiscard]] inline std::uint32_t bucket_number(double v) noexcept {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(v) - 1;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52U) - 1);
  const int exponent = static_cast<int>(bits >> 52U) - 1023;
  if (exponent >= kMaxExponent) [[unlikely]]
    return kBuckets - 1;
  const std::uint32_t first = octave_table.first_bucket[fraction >> 45U];
  const std::uint32_t in_octave = first + (fraction >= octave_table.border[first + 1] ? 1U : 0U);
  return static_cast<std::uint32_t>(exponent - kMinExponent) * kBucketsPerOctave + in_octave;
}

/// What a link, less its top bit, leads to.
template <class T>
[[nodiscard]] inline T* follow(const HistogramBlock& block, Link link) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(&block) + std::size_t{link & ~kWide} * kLinkUnit;
  return reinterpret_cast<T*>(address);
}

/// The link to the page of a bucket; 0 where there is none yet.
[[nodiscard]] inline Link page_link(const HistogramBlock& block, std::uint32_t number) noexcept {
  const Link group = block.group[number / (kBucketsPerPage * kPagesPerGroup)].load(std::memory_order_relaxed);
  if (group == 0) [[unlikely]]
    return 0;
  const std::uint32_t page = number / kBucketsPerPage % kPagesPerGroup;
  return follow<HistogramGroup>(block, group)->page[page].load(std::memory_order_relaxed);
}

/// Gives the bucket's page, in a block that this thread owns, a wide one to go on with.
void widen_owned(HistogramBlock& block, std::uint32_t number) noexcept;

/// Counts the value into its bucket where there is memory for it; false: nothing was done. The thread owns
/// the block and is busy, here and below.
[[nodiscard]] [[gnu::always_inline]] inline bool count_busy(HistogramBlock& block, double value) noexcept {
  const auto add_one = [](auto& cell) {
    auto count = cell.load(std::memory_order_relaxed);
    cell.store(++count, std::memory_order_relaxed);
    return count;
  };
  if (value <= kZeroThreshold) [[unlikely]] {
    add_one(block.zeros);
    return true;
  }
  const std::uint32_t number = bucket_number(value);
  const Link link = page_link(block, number);
  const std::uint32_t in_page = number % kBucketsPerPage;
  if ((link & kWide) != 0) {
    add_one(follow<WidePage>(block, link)->bucket[in_page]);
    return true;
  }
  if (link == 0) [[unlikely]]
    return false;
  const std::uint16_t count = add_one(follow<NarrowPage>(block, link)->bucket[in_page]);
  if (count >= kNarrowEnd || block.widens.load(std::memory_order_relaxed) != 0) [[unlikely]]
    widen_owned(block, number);
  return true;
}

template <class Block>
inline void note_extremes_busy(Block& block, double value) noexcept {
  if (value < std::bit_cast<double>(block.min.load(std::memory_order_relaxed))) [[unlikely]]
    block.min.store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
  if (value > std::bit_cast<double>(block.max.load(std::memory_order_relaxed))) [[unlikely]]
    block.max.store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
}

/// Has this thread's block of an exponential histogram take the value: its bucket, its extremes, and its sum
/// by `add_to_sum(Cell&)`. False: nothing was done.
template <class AddToSum>
[[nodiscard]] [[gnu::always_inline]] inline bool record_owned(CellId id, double value,
                                                              AddToSum add_to_sum) noexcept {
  Slab* slab = thread_slab;
  if (slab == nullptr || slab->busy.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return false;
  const Cell* cell = cell_in(*slab, id);
  if (cell == nullptr) [[unlikely]]
    return false;
  auto* block = reinterpret_cast<HistogramBlock*>(cell->load(std::memory_order_relaxed));
  if (block == nullptr) [[unlikely]]
    return false;
  slab->busy.store(1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const bool counted = count_busy(*block, value);
  if (counted) [[likely]] {
    add_to_sum(block->sum);
    note_extremes_busy(*block, value);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  slab->busy.store(0, std::memory_order_relaxed);
  return counted;
}

void record_slow(CellId id, double value) noexcept;
void record_ns_slow(CellId id, std::uint64_t nanoseconds) noexcept;
void record_explicit(CellId id, const double* bounds, std::size_t bound_count, double value) noexcept;

/// Records into an exponential histogram of doubles. Refuses NaN, infinities and negative values.
inline void record(CellId id, double value) noexcept {
  const auto add_to_sum = [value](Cell& sum) {
    const double before = std::bit_cast<double>(sum.load(std::memory_order_relaxed));
    sum.store(std::bit_cast<std::uint64_t>(before + value), std::memory_order_relaxed);
  };
  if (!(value >= 0 && value <= kLargest) || !record_owned(id, value, add_to_sum)) [[unlikely]]
    record_slow(id, value);
}

/// Longer ones are added in a way that stops at 2^63, so that the sum of shorter ones has room above it.
inline constexpr std::uint64_t kMostPlainNanoseconds = std::uint64_t{1} << 53U;  // 104 days

/// Records into an exponential histogram whose values are seconds and whose sum is whole nanoseconds, and so
/// exact.
inline void record_ns(CellId id, std::uint64_t nanoseconds) noexcept {
  const auto add_to_sum = [nanoseconds](Cell& sum) {
    sum.store(sum.load(std::memory_order_relaxed) + nanoseconds, std::memory_order_relaxed);
  };
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  if (nanoseconds > kMostPlainNanoseconds || !record_owned(id, seconds, add_to_sum)) [[unlikely]]
    record_ns_slow(id, nanoseconds);
}

}  // namespace kymo::inline v0::cells
