#include "histogram_store.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "cell_store.h"
#include "fork_gate.h"

namespace kymo::KYMO_ABI::cells {
namespace {

// Sums of values up to here cannot overflow: 2^64 of them are far from the largest number.
constexpr double kMostPlain = 0x1p512;
constexpr std::uint64_t kNoMin = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
constexpr std::uint64_t kNoMax = std::bit_cast<std::uint64_t>(-std::numeric_limits<double>::infinity());

// Write access of a block's owner, and of threads that share a block.
struct OwnedAccess {
  static std::uint16_t count(NarrowCell& cell) noexcept {
    return static_cast<std::uint16_t>(cell.fetch_add(1, std::memory_order_relaxed) + 1);
  }
  static void add(Cell& cell, std::uint64_t n) noexcept { add_owned(cell, n); }
  static bool exchange(Cell& cell, std::uint64_t& seen, std::uint64_t desired) noexcept {
    return exchange_owned(cell, seen, desired);
  }
};
struct SharedAccess {
  static std::uint16_t count(NarrowCell& cell) noexcept { return OwnedAccess::count(cell); }
  static void add(Cell& cell, std::uint64_t n) noexcept { cell.fetch_add(n, std::memory_order_relaxed); }
  static bool exchange(Cell& cell, std::uint64_t& seen, std::uint64_t desired) noexcept {
    return cell.compare_exchange_weak(seen, desired, std::memory_order_relaxed);
  }
};

template <class Access, class Change>
void update_double(Cell& cell, Change change) noexcept {
  std::uint64_t seen = cell.load(std::memory_order_relaxed);
  for (;;) {
    const double before = std::bit_cast<double>(seen);
    const double after = change(before);
    if (after == before || Access::exchange(cell, seen, std::bit_cast<std::uint64_t>(after))) return;
  }
}

template <class Access>
void note_extremes_by(HistogramBlock& block, double value) noexcept {
  update_double<Access>(block.min, [value](double min) { return std::min(min, value); });
  update_double<Access>(block.max, [value](double max) { return std::max(max, value); });
}

template <class Access>
void add_to_sum(Cell& sum, double value) noexcept {
  // A sum that overflows stays at the largest number, instead of infinity and later NaN.
  update_double<Access>(sum,
                        [value](double before) { return std::clamp(before + value, -kLargest, kLargest); });
}

template <class Access>
void add_nanoseconds(Cell& sum, std::uint64_t nanoseconds) noexcept {
  if (nanoseconds <= kMostPlainNanoseconds) return Access::add(sum, nanoseconds);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63U;
  std::uint64_t seen = sum.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t room = seen < kMost ? kMost - seen : 0;
    if (Access::exchange(sum, seen, seen + std::min(room, nanoseconds))) return;
  }
}

// Allocates a block and its pages: for the thread that owns them, or for all.
class Memory final {
 public:
  Memory() = default;
  explicit Memory(Slab& owner) noexcept : owner_(&owner) {}
  [[nodiscard]] void* allocate(std::size_t bytes) const noexcept {
    return owner_ != nullptr ? allocate_owned(*owner_, bytes) : allocate_shared(bytes);
  }

 private:
  Slab* owner_ = nullptr;
};

template <class T>
Link link_to(const HistogramBlock& block, const T* there) noexcept {
  const auto distance = reinterpret_cast<std::uintptr_t>(there) - reinterpret_cast<std::uintptr_t>(&block);
  // Addresses ascend, so a block's pages lie behind it. Beyond a link's reach there are none.
  const auto link = static_cast<Link>(distance / kLinkBytes);
  return follow<T>(block, link) == there ? link : 0;
}

// Several threads and signal handlers may make the same page of a shared block: the first one stays.
template <class T>
T* find_or_make(HistogramBlock& block, std::atomic<Link>& slot, const Memory& memory) noexcept {
  Link found = slot.load(std::memory_order_acquire);
  if (found != 0) return follow<T>(block, found);
  auto* made = static_cast<T*>(memory.allocate(sizeof(T)));
  const Link link = made == nullptr ? 0 : link_to(block, made);
  if (link == 0) return nullptr;
  return slot.compare_exchange_strong(found, link, std::memory_order_acq_rel) ? made
                                                                              : follow<T>(block, found);
}

// The near pages surround the first needed one.
std::uint32_t first_near(HistogramBlock& block, std::uint32_t wanted) noexcept {
  std::uint32_t first = block.first_near.load(std::memory_order_acquire);
  if (first != HistogramBlock::kNoPage) return first;
  constexpr std::uint32_t kBelow = kNearPages / 2;
  const std::uint32_t chosen = std::clamp(wanted, kBelow, kPages - kNearPages + kBelow) - kBelow;
  return block.first_near.compare_exchange_strong(first, chosen, std::memory_order_acq_rel) ? chosen : first;
}

std::atomic<Link>* page_slot(HistogramBlock& block, std::uint32_t number, const Memory& memory) noexcept {
  const std::uint32_t page = number / kBucketsPerPage;
  const std::uint32_t near = page - first_near(block, page);
  if (near < kNearPages) return &block.near[near];
  auto* far = find_or_make<FarPages>(block, block.far, memory);
  if (far == nullptr) return nullptr;
  auto* group = find_or_make<HistogramGroup>(block, far->group[page / kPagesPerGroup], memory);
  return group == nullptr ? nullptr : &group->page[page % kPagesPerGroup];
}

// From here on counts go to a wide page. The narrow one still has room for 2^15 counts of concurrent writers.
void widen(HistogramBlock& block, std::atomic<Link>& slot, const Memory& memory) noexcept {
  Link narrow = slot.load(std::memory_order_acquire);
  if ((narrow & kWide) != 0) return;
  auto* wide = static_cast<WidePage*>(memory.allocate(sizeof(WidePage)));
  const Link link = wide == nullptr ? 0 : link_to(block, wide);
  if (link == 0) return;
  wide->narrow.store(narrow, std::memory_order_relaxed);
  block.widens.store(1, std::memory_order_relaxed);
  slot.compare_exchange_strong(narrow, link | kWide, std::memory_order_acq_rel);
}

template <class Access>
bool count_by(HistogramBlock& block, double value, const Memory& memory) noexcept {
  if (value <= kZeroThreshold) {
    Access::add(block.zeros, 1);
    return true;
  }
  const std::uint32_t number = bucket_number(value);
  const std::uint32_t in_page = number % kBucketsPerPage;
  std::atomic<Link>* slot = page_slot(block, number, memory);
  if (slot == nullptr || find_or_make<NarrowPage>(block, *slot, memory) == nullptr) return false;
  const Link link = slot->load(std::memory_order_acquire);
  if ((link & kWide) != 0) {
    Access::add(follow<WidePage>(block, link)->bucket[in_page], 1);
  } else if (Access::count(follow<NarrowPage>(block, link)->bucket[in_page]) >= kNarrowEnd) {
    widen(block, *slot, memory);
  }
  return true;
}

HistogramBlock* new_block(std::size_t bytes, const Memory& memory) noexcept {
  auto* block = static_cast<HistogramBlock*>(memory.allocate(bytes));
  if (block == nullptr) return nullptr;
  block->first_near.store(HistogramBlock::kNoPage, std::memory_order_relaxed);
  block->min.store(kNoMin, std::memory_order_relaxed);
  block->max.store(kNoMax, std::memory_order_relaxed);
  return block;
}

std::size_t bytes_with(std::size_t bounds) noexcept {
  return offsetof(BoundedBlock, bucket) + (bounds + 1) * sizeof(Cell);
}

// The block of a cell, made if necessary.
HistogramBlock* find_or_make_block(Cell& cell, std::size_t bytes, const Memory& memory) noexcept {
  if (auto* found = block_in<HistogramBlock>(cell)) return found;
  HistogramBlock* made = new_block(bytes, memory);
  if (made == nullptr) return nullptr;
  std::uint64_t seen = 0;
  // Another thread, or a signal handler, may have been faster: then use its block.
  if (cell.compare_exchange_strong(seen, reinterpret_cast<std::uint64_t>(made), std::memory_order_acq_rel))
    return made;
  return reinterpret_cast<HistogramBlock*>(seen);
}

// As count_by(), and also accepts values below zero.
template <class Access>
bool count_signed_by(BoundedBlock& block, double value, const Memory& memory) noexcept {
  if (value >= -kZeroThreshold) return count_by<Access>(block.sketch, std::max(value, 0.0), memory);
  HistogramBlock* negative = find_or_make_block(block.negative, sizeof(HistogramBlock), memory);
  return negative != nullptr && count_by<Access>(*negative, -value, memory);
}

// Records a zero, or a value far from others, if this thread has the memory. False: nothing was done.
template <class AddToSum>
bool record_far(CellId id, double value, AddToSum add_to_sum) noexcept {
  Slab* slab = thread_slab;
  HistogramBlock* block = idle_block(slab, id);
  if (block == nullptr) return false;
  if (value > kZeroThreshold) {
    const std::uint32_t bucket = bucket_number(value);
    const Link page = page_link(*block, bucket / kBucketsPerPage);
    if (page != 0) record_in_page(*slab, *block, page, bucket, value, add_to_sum);
    return page != 0;
  }
  slab->busy.store(1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  add_to_sum(block->sum);
  note_extremes_busy(*block, value);
  add_one_busy(block->zeros);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  slab->busy.store(0, std::memory_order_relaxed);
  return true;
}

// Calls `record(block, access, memory)` with this thread's block, then with the shared one, until one
// accepts.
template <class Record>
void record_in(CellId id, std::size_t bytes, Record record) noexcept {
  if (id == kNullHistogramCell) return;
  // A busy thread was interrupted by this signal handler.
  const bool interrupts = thread_slab != nullptr && thread_slab->busy.load(std::memory_order_relaxed) != 0;
  if (Cell* cell = interrupts ? nullptr : own(id)) {
    const Memory memory(*thread_slab);
    HistogramBlock* block = find_or_make_block(*cell, bytes, memory);
    if (block != nullptr && record(*block, OwnedAccess(), memory)) return;
  }
  const Memory memory;
  HistogramBlock* block = find_or_make_block(*shared(id), bytes, memory);
  if (block == nullptr || !record(*block, SharedAccess(), memory)) refuse(Refusal::out_of_memory);
}

bool refuse_unfit(double value, bool negative_allowed) noexcept {
  if (std::isnan(value)) {
    refuse(Refusal::not_a_number);
  } else if (std::isinf(value)) {
    refuse(Refusal::infinite);
  } else if (value < 0 && !negative_allowed) {
    refuse(Refusal::negative);
  } else {
    return false;
  }
  return true;
}

// Free cells of histograms, by their number of bounds: each keeps its blocks.
struct FreeHistograms {
  std::mutex mutex;
  std::map<std::size_t, std::vector<CellId>> by_bounds;
};

FreeHistograms& free_histograms() noexcept {
  // Never destroyed: handles in static objects return cells late.
  alignas(FreeHistograms) static constinit std::byte memory[sizeof(FreeHistograms)]{};
  static auto& list = *new (memory) FreeHistograms;
  return list;
}

void put_into(FreeHistograms& list, std::size_t bounds, CellId id) {
  const StructureLock lock(list.mutex);
  list.by_bounds[bounds].push_back(id);
}

void forget_extremes_of(HistogramBlock& block) noexcept {
  block.min.store(kNoMin, std::memory_order_relaxed);
  block.max.store(kNoMax, std::memory_order_relaxed);
}

void empty_block(HistogramBlock& block) noexcept {
  for (Cell* cell : {&block.sum, &block.zeros}) cell->store(0, std::memory_order_relaxed);
  forget_extremes_of(block);
  for_each_page(block, [](NarrowPage& narrow, WidePage* wide, std::uint32_t /*first_bucket*/) {
    for (NarrowCell& bucket : narrow.bucket) bucket.store(0, std::memory_order_relaxed);
    if (wide == nullptr) return;
    for (Cell& bucket : wide->bucket) bucket.store(0, std::memory_order_relaxed);
  });
}

void empty_counts_between(BoundedBlock& block, std::size_t bounds) noexcept {
  if (auto* negative = block_in<HistogramBlock>(block.negative)) empty_block(*negative);
  for (std::size_t i = 0; i <= bounds; ++i) block.bucket[i].store(0, std::memory_order_relaxed);
}

}  // namespace

void widen_owned(HistogramBlock& block, std::uint32_t number) noexcept {
  const Memory memory(*thread_slab);
  if (std::atomic<Link>* slot = page_slot(block, number, memory)) widen(block, *slot, memory);
}

void record_slow(CellId id, double value) noexcept {
  if (refuse_unfit(value, false)) return;
  value += 0.0;  // turns negative zero into zero
  if (value <= kMostPlain && record_far(id, value, AddDouble{value})) return;
  record_in(id, sizeof(HistogramBlock), [value](HistogramBlock& block, auto access, const Memory& memory) {
    using Access = decltype(access);
    if (!count_by<Access>(block, value, memory)) return false;
    add_to_sum<Access>(block.sum, value);
    note_extremes_by<Access>(block, value);
    return true;
  });
}

void record_ns_slow(CellId id, std::uint64_t nanoseconds) noexcept {
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  if (nanoseconds <= kMostPlainNanoseconds && record_far(id, seconds, AddNanoseconds{nanoseconds})) return;
  record_in(id, sizeof(HistogramBlock), [=](HistogramBlock& block, auto access, const Memory& memory) {
    using Access = decltype(access);
    if (!count_by<Access>(block, seconds, memory)) return false;
    add_nanoseconds<Access>(block.sum, nanoseconds);
    note_extremes_by<Access>(block, seconds);
    return true;
  });
}

void record_bounded(CellId id, const double* bounds, std::size_t bound_count, double value,
                    bool takes_negative) noexcept {
  if (refuse_unfit(value, takes_negative)) return;
  value += 0.0;  // turns negative zero into zero
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(bounds, bounds + bound_count, value) - bounds);
  const AddDouble add{value};
  if (value >= 0 && value <= kMostPlain && (record_near(id, value, add) || record_far(id, value, add))) {
    // Last, because a reader takes these counts first: each count between bounds is then in the rest too.
    return add_owned(block_in<BoundedBlock>(*owned(id))->bucket[bucket], 1);
  }
  record_in(id, bytes_with(bound_count), [=](HistogramBlock& block, auto access, const Memory& memory) {
    using Access = decltype(access);
    auto& bounded = reinterpret_cast<BoundedBlock&>(block);
    if (!count_signed_by<Access>(bounded, value, memory)) return false;
    add_to_sum<Access>(block.sum, value);
    note_extremes_by<Access>(block, value);
    Access::add(bounded.bucket[bucket], 1);
    return true;
  });
}

void forget_extremes(CellId id) noexcept {
  for_each_cell(id, [](const Cell& cell) {
    if (auto* block = block_in<HistogramBlock>(cell)) forget_extremes_of(*block);
  });
}

CellId allocate_histogram(std::size_t bounds) noexcept {
  {
    FreeHistograms& list = free_histograms();
    const StructureLock lock(list.mutex);
    const auto free = list.by_bounds.find(bounds);
    if (free != list.by_bounds.end() && !free->second.empty()) {
      const CellId id = free->second.back();
      free->second.pop_back();
      return id;
    }
  }
  return allocate_cell();
}

void free_histogram(CellId id, std::size_t bounds) noexcept {
  if (id == kNullCell) return;
  for_each_cell(id, [bounds](const Cell& cell) {
    auto* block = block_in<HistogramBlock>(cell);
    if (block == nullptr) return;
    empty_block(*block);
    if (bounds != 0) empty_counts_between(*reinterpret_cast<BoundedBlock*>(block), bounds);
  });
  // Without memory for the list the cell is not reused: a little is lost, nothing breaks.
#if defined(__cpp_exceptions)
  try {
    put_into(free_histograms(), bounds, id);
  } catch (const std::bad_alloc&) {
    return;
  }
#else
  put_into(free_histograms(), bounds, id);
#endif
}

}  // namespace kymo::KYMO_ABI::cells
