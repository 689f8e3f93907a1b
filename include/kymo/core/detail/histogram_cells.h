#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <kymo/core/detail/cells.h>

/// The layout of a histogram's cells. Like `cells.h`, installed because recording is inlined into user code.
///
/// A histogram's 8-byte cell holds the address of a block that belongs to the same thread as the cell. The
/// block leads to pages of half an octave, made when a value first falls there. A latency histogram touches a
/// few hundred buckets of the 5 376 in its range. The block itself links ten octaves around the first value,
/// the *near* pages. Most histograms need no others, and one link fewer to follow makes recording quick. The
/// others are found over groups of 8 octaves. Most buckets hold small numbers, so a page begins with 2 bytes
/// a bucket. When a bucket has counted 2^15, a wide page takes over; the narrow page keeps its counts. Links
/// are distances from the block: 4 bytes are enough, and a mapped file needs no translation. If a family has
/// its own bounds, the counts between them follow the block. Percentiles come from the exponential buckets
/// alone.
namespace kymo::KYMO_ABI::cells {

/// Buckets an octave, as in HistogramValue::kScale.
inline constexpr int kBucketsPerOctave = 64;
inline constexpr int kMinExponent = -40;
inline constexpr int kMaxExponent = 44;
inline constexpr std::uint32_t kBuckets = (kMaxExponent - kMinExponent) * kBucketsPerOctave;
inline constexpr std::uint32_t kBucketsPerPage = 32;
inline constexpr std::uint32_t kPages = kBuckets / kBucketsPerPage;
static_assert(kPages * kBucketsPerPage == kBuckets);
inline constexpr std::uint32_t kNearPages = 21;
inline constexpr std::uint32_t kPagesPerGroup = 16;
inline constexpr std::uint32_t kGroups = (kPages + kPagesPerGroup - 1) / kPagesPerGroup;

inline constexpr double kZeroThreshold = 0x1p-40;
inline constexpr double kLargest = 0x1.fffffffffffffp+1023;

using NarrowCell = std::atomic<std::uint16_t>;
/// Twice the distance from the block in units of a cache line; 0: none. In a link to a page, the lowest bit
/// marks a wide page.
using Link = std::uint32_t;
inline constexpr std::size_t kLinkUnit = 64;
inline constexpr std::size_t kLinkBytes = kLinkUnit / 2;
inline constexpr Link kWide = 1;
/// A narrow bucket that has counted this far is widened; the bucket has room for as much again.
inline constexpr std::uint16_t kNarrowEnd = std::uint16_t{1} << 15U;

struct alignas(kLinkUnit) NarrowPage {
  NarrowCell bucket[kBucketsPerPage];
};

struct alignas(kLinkUnit) WidePage {
  Cell bucket[kBucketsPerPage];
  std::atomic<Link> narrow;  ///< the counts before widening; no longer written
};

struct alignas(kLinkUnit) HistogramGroup {
  std::atomic<Link> page[kPagesPerGroup];
};

struct alignas(kLinkUnit) FarPages {
  std::atomic<Link> group[kGroups];
};

/// Minimum and maximum are bit patterns of doubles. The sum is one too, or a whole number of nanoseconds.
struct alignas(kLinkUnit) HistogramBlock {
  /// No page yet. The value is so far from all pages that none counts as near.
  static constexpr std::uint32_t kNoPage = std::uint32_t{1} << 31U;

  Cell sum;
  Cell min;
  Cell max;
  Cell zeros;
  /// Number of the first of the near pages; set once.
  std::atomic<std::uint32_t> first_near;
  /// Not 0 once a page was widened. From then on each page is widened at its next touch. With pages of both
  /// kinds, the processor would have to guess the kind at every record.
  std::atomic<std::uint32_t> widens;
  std::atomic<Link> far;
  std::atomic<Link> near[kNearPages];
};
static_assert(sizeof(HistogramBlock) == 2 * kLinkUnit);

/// The block of a histogram with its own bounds. Values below zero count by magnitude in a separate block.
struct BoundedBlock {
  HistogramBlock sketch;
  Cell negative;   ///< address of a HistogramBlock whose pages alone are used; 0: none yet
  Cell bucket[1];  ///< one more than the histogram has bounds
};

/// For each 128th of an octave: the summand that turns the first 6 of a double's 52 fraction bits into the
/// number of its bucket in the octave. No 128th holds more than one border.
struct OctaveTable {
  std::uint64_t to_bucket[128];
};
KYMO_API extern const OctaveTable octave_table;

/// The place of a value: the octave, counted from 2^-40, above the 52 fraction bits. Borders belong to the
/// bucket below, so this is the place of the value just under. kPlaces or more for every value without a
/// bucket: zero, too small, too large, negative, infinite, NaN.
[[nodiscard]] inline std::uint64_t place_of(double value) noexcept {
  return std::bit_cast<std::uint64_t>(value) - 1 - (std::uint64_t{1023 + kMinExponent} << 52U);
}
inline constexpr std::uint64_t kPlaces = std::uint64_t{kMaxExponent - kMinExponent} << 52U;

/// Number of the bucket, from 0, at a place below kPlaces.
[[nodiscard]] inline std::uint32_t bucket_at(std::uint64_t place) noexcept {
  return static_cast<std::uint32_t>((place + octave_table.to_bucket[place >> 45U & 127U]) >> 46U);
}

/// Number of the bucket that a value above kZeroThreshold falls into.
[[nodiscard]] inline std::uint32_t bucket_number(double value) noexcept {
  const std::uint64_t place = place_of(value);
  return place < kPlaces ? bucket_at(place) : kBuckets - 1;
}

/// Follows a link.
template <class T>
[[nodiscard]] inline T* follow(const HistogramBlock& block, Link link) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(&block) + std::size_t{link & ~kWide} * kLinkBytes;
  return reinterpret_cast<T*>(address);
}

// Here and below the thread owns the cells and is busy, so it may load and store. But one instruction less is
// faster, and a double that avoids the general registers is added twice as fast.
inline void add_one_busy(Cell& cell) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  add_owned(cell, 1);
#else
  cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
#endif
}

/// True: the bucket has reached kNarrowEnd, its sign bit.
[[nodiscard]] inline bool add_one_busy(NarrowCell& cell) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  bool is_negative = false;
  asm volatile("incw %1" : "=@ccs"(is_negative), "+m"(cell));
  return is_negative;
#else
  std::uint16_t count = cell.load(std::memory_order_relaxed);
  cell.store(++count, std::memory_order_relaxed);
  return count >= kNarrowEnd;
#endif
}

inline void add_double_busy(Cell& cell, double value) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  asm volatile("addsd %1, %0\n\tmovsd %0, %1" : "+x"(value), "+m"(cell));
#else
  const double before = std::bit_cast<double>(cell.load(std::memory_order_relaxed));
  cell.store(std::bit_cast<std::uint64_t>(before + value), std::memory_order_relaxed);
#endif
}

// Values in an exponential histogram are not negative, so their bits order as the doubles do.
inline void note_extremes_busy(HistogramBlock& block, double value) noexcept {
  const auto bits = std::bit_cast<std::int64_t>(value);
  if (bits < static_cast<std::int64_t>(block.min.load(std::memory_order_relaxed))) [[unlikely]]
    block.min.store(static_cast<std::uint64_t>(bits), std::memory_order_relaxed);
  if (bits > static_cast<std::int64_t>(block.max.load(std::memory_order_relaxed))) [[unlikely]]
    block.max.store(static_cast<std::uint64_t>(bits), std::memory_order_relaxed);
}

/// Links a wide page for the bucket, in a block that this thread owns.
KYMO_API void widen_owned(HistogramBlock& block, std::uint32_t bucket) noexcept;

/// This thread's block of the histogram. Null: the thread has none, or the caller is a signal handler that
/// interrupts a busy thread.
[[nodiscard]] [[gnu::always_inline]] inline HistogramBlock* idle_block(Slab* slab, CellId id) noexcept {
  if (slab == nullptr || slab->busy.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return nullptr;
  const Cell* cell = cell_in(*slab, id);
  if (cell == nullptr) [[unlikely]]
    return nullptr;
  return reinterpret_cast<HistogramBlock*>(cell->load(std::memory_order_relaxed));
}

/// Counts a value in a bucket of the page that `link` leads to, in a block of this thread, and adds to the
/// sum by `add_to_sum(Cell&)`.
template <class AddToSum>
[[gnu::always_inline]] inline void record_in_page(Slab& slab, HistogramBlock& block, Link page,
                                                  std::uint32_t bucket, double value,
                                                  AddToSum add_to_sum) noexcept {
  slab.busy.store(1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  add_to_sum(block.sum);
  note_extremes_busy(block, value);
  const std::uint32_t in_page = bucket % kBucketsPerPage;
  bool widens = false;
  if ((page & kWide) != 0) {
    // Does the work of follow() in the fewest instructions.
    auto* cells = reinterpret_cast<Cell*>(&block);
    add_one_busy(
        cells[std::size_t{page} * (kLinkBytes / sizeof(Cell)) - kLinkBytes / sizeof(Cell) + in_page]);
  } else {
    widens = add_one_busy(follow<NarrowPage>(block, page)->bucket[in_page]) ||
             block.widens.load(std::memory_order_relaxed) != 0;
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  slab.busy.store(0, std::memory_order_relaxed);
  if (widens) [[unlikely]]
    widen_owned(block, bucket);
}

/// Records a value near others of this thread. False: nothing was recorded.
template <class AddToSum>
[[nodiscard]] [[gnu::always_inline]] inline bool record_near(CellId id, double value,
                                                             AddToSum add_to_sum) noexcept {
  const std::uint64_t place = place_of(value);
  if (place >= kPlaces) [[unlikely]]
    return false;
  const std::uint32_t bucket = bucket_at(place);
  Slab* slab = thread_slab;
  HistogramBlock* block = idle_block(slab, id);
  if (block == nullptr) [[unlikely]]
    return false;
  const std::uint32_t near = bucket / kBucketsPerPage - block->first_near.load(std::memory_order_relaxed);
  if (near >= kNearPages) [[unlikely]]
    return false;
  const Link page = block->near[near].load(std::memory_order_relaxed);
  if (page == 0) [[unlikely]]
    return false;
  record_in_page(*slab, *block, page, bucket, value, add_to_sum);
  return true;
}

KYMO_API void record_slow(CellId id, double value) noexcept;
KYMO_API void record_ns_slow(CellId id, std::uint64_t nanoseconds) noexcept;
/// Records into an exponential histogram that also counts between bounds.
KYMO_API void record_bounded(CellId id, const double* bounds, std::size_t bound_count, double value,
                             bool takes_negative) noexcept;

/// Adds to a sum of doubles that this thread owns.
struct AddDouble {
  double value;
  void operator()(Cell& sum) const noexcept { add_double_busy(sum, value); }
};

/// The same for a sum of nanoseconds.
struct KYMO_API AddNanoseconds {
  std::uint64_t nanoseconds;
  void operator()(Cell& sum) const noexcept {
    sum.store(sum.load(std::memory_order_relaxed) + nanoseconds, std::memory_order_relaxed);
  }
};

/// Records into an exponential histogram of doubles. Refuses NaN, infinities and negative values.
inline void record(CellId id, double value) noexcept {
  if (!record_near(id, value, AddDouble{value})) [[unlikely]]
    record_slow(id, value);
}

/// Longer durations saturate at 2^63, so sums of shorter ones have room above it.
inline constexpr std::uint64_t kMostPlainNanoseconds = std::uint64_t{1} << 53U;  // 104 days

/// Records into an exponential histogram of seconds with a sum of whole nanoseconds, which is
/// exact.
inline void record_ns(CellId id, std::uint64_t nanoseconds) noexcept {
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  if (nanoseconds > kMostPlainNanoseconds || !record_near(id, seconds, AddNanoseconds{nanoseconds}))
      [[unlikely]]
    record_ns_slow(id, nanoseconds);
}

}  // namespace kymo::KYMO_ABI::cells
