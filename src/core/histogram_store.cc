#include "histogram_store.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "cell_store.h"

namespace kymo::inline v0::cells {
namespace {

constexpr std::uint64_t kNoMin = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
constexpr std::uint64_t kNoMax = std::bit_cast<std::uint64_t>(-std::numeric_limits<double>::infinity());

// How the owner of a block writes it, and how all do who share one.
struct OwnedAccess {
  static void add(Cell& cell, std::uint64_t n) noexcept { add_owned(cell, n); }
  static bool exchange(Cell& cell, std::uint64_t& seen, std::uint64_t desired) noexcept {
    return exchange_owned(cell, seen, desired);
  }
};
struct SharedAccess {
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

template <class Access, class Block>
void note_extremes_by(Block& block, double value) noexcept {
  update_double<Access>(block.min, [value](double min) { return std::min(min, value); });
  update_double<Access>(block.max, [value](double max) { return std::max(max, value); });
}

template <class Access>
void add_to_sum(Cell& sum, double value) noexcept {
  // A sum that cannot grow any more stays at the largest number rather than turn infinite, and later NaN.
  update_double<Access>(sum,
                        [value](double before) { return std::clamp(before + value, -kLargest, kLargest); });
}

// Several threads and signal handlers may want the same page of a shared block: the first one's stays.
template <class T>
T* find_or_make(std::atomic<T*>& slot) noexcept {
  T* found = slot.load(std::memory_order_acquire);
  if (found != nullptr) return found;
  auto* made = static_cast<T*>(allocate(sizeof(T), 64));
  if (made == nullptr) return nullptr;
  return slot.compare_exchange_strong(found, made, std::memory_order_acq_rel) ? made : found;
}

template <class Access>
bool count_by(HistogramBlock& block, double value) noexcept {
  if (value <= kZeroThreshold) {
    Access::add(block.zeros, 1);
    return true;
  }
  const std::uint32_t number = bucket_number(value);
  HistogramGroup* group = find_or_make(block.group[number / (kBucketsPerPage * kPagesPerGroup)]);
  if (group == nullptr) return false;
  HistogramPage* page = find_or_make(group->page[number / kBucketsPerPage % kPagesPerGroup]);
  if (page == nullptr) return false;
  Access::add(page->bucket[number % kBucketsPerPage], 1);
  return true;
}

template <class Block>
Block* new_block(std::size_t bytes) noexcept {
  auto* block = static_cast<Block*>(allocate(bytes, 64));
  if (block == nullptr) return nullptr;
  block->min.store(kNoMin, std::memory_order_relaxed);
  block->max.store(kNoMax, std::memory_order_relaxed);
  return block;
}

std::size_t explicit_bytes(std::size_t bounds) noexcept {
  return sizeof(ExplicitBlock) + bounds * sizeof(Cell);
}

template <class Block>
Block* block_in(const Cell& cell) noexcept {
  return reinterpret_cast<Block*>(cell.load(std::memory_order_acquire));
}

// This thread's block, made if need be; null when only the shared one is to be had.
template <class Block>
Block* own_block(CellId id, std::size_t bytes) noexcept {
  Cell* cell = own(id);
  if (cell == nullptr) return nullptr;
  std::uint64_t seen = cell->load(std::memory_order_relaxed);
  if (seen != 0) return reinterpret_cast<Block*>(seen);
  Block* made = new_block<Block>(bytes);
  if (made == nullptr) return nullptr;
  // A signal handler may have been here meanwhile: then its block is the one. Release: a reader follows the
  // address.
  if (cell->compare_exchange_strong(seen, reinterpret_cast<std::uint64_t>(made), std::memory_order_acq_rel))
    return made;
  return reinterpret_cast<Block*>(seen);
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

// Counts in the own block or, failing that, in the shared one; `finish(block, access)` does the rest.
template <class Finish>
void record_by(CellId id, double value, Finish finish) noexcept {
  if (id == kNullHistogramCell) return;
  auto* block = own_block<HistogramBlock>(id, sizeof(HistogramBlock));
  if (block != nullptr && count_by<OwnedAccess>(*block, value)) return finish(*block, OwnedAccess());
  block = block_in<HistogramBlock>(*shared(id));
  if (block != nullptr && count_by<SharedAccess>(*block, value)) finish(*block, SharedAccess());
}

template <class Access>
void record_explicit_by(ExplicitBlock& block, std::size_t bucket, double value) noexcept {
  Access::add(block.bucket[bucket], 1);
  add_to_sum<Access>(block.sum, value);
  note_extremes_by<Access>(block, value);
}

// Cells of histograms that are gone, by their number of bounds: each keeps its blocks.
struct FreeHistograms {
  std::mutex mutex;
  std::map<std::size_t, std::vector<CellId>> by_bounds;
};

FreeHistograms& free_histograms() {
  static auto& list = *new FreeHistograms;  // never destroyed: handles in static objects give back late
  return list;
}

void empty_block(HistogramBlock& block) noexcept {
  for (Cell* cell : {&block.sum, &block.zeros}) cell->store(0, std::memory_order_relaxed);
  block.min.store(kNoMin, std::memory_order_relaxed);
  block.max.store(kNoMax, std::memory_order_relaxed);
  for (const auto& group_slot : block.group) {
    const HistogramGroup* group = group_slot.load(std::memory_order_acquire);
    if (group == nullptr) continue;
    for (const auto& page_slot : group->page) {
      HistogramPage* page = page_slot.load(std::memory_order_acquire);
      if (page == nullptr) continue;
      for (Cell& bucket : page->bucket) bucket.store(0, std::memory_order_relaxed);
    }
  }
}

void empty_block(ExplicitBlock& block, std::size_t bounds) noexcept {
  block.sum.store(0, std::memory_order_relaxed);
  block.min.store(kNoMin, std::memory_order_relaxed);
  block.max.store(kNoMax, std::memory_order_relaxed);
  for (std::size_t i = 0; i <= bounds; ++i) block.bucket[i].store(0, std::memory_order_relaxed);
}

void add_page(const HistogramPage& page, std::uint32_t first_bucket, HistogramValue& value) {
  for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
    const auto index = static_cast<std::int32_t>(first_bucket + i) + kMinExponent * kBucketsPerOctave;
    value.add_bucket(index, page.bucket[i].load(std::memory_order_relaxed));
  }
}

void add_buckets(const HistogramBlock& block, HistogramValue& value) {
  value.add_zeros(block.zeros.load(std::memory_order_relaxed));
  for (std::uint32_t g = 0; g < kGroups; ++g) {
    const HistogramGroup* group = block.group[g].load(std::memory_order_acquire);
    if (group == nullptr) continue;
    for (std::uint32_t p = 0; p < kPagesPerGroup; ++p) {
      const HistogramPage* page = group->page[p].load(std::memory_order_acquire);
      if (page != nullptr) add_page(*page, (g * kPagesPerGroup + p) * kBucketsPerPage, value);
    }
  }
}

template <class Block>
void set_sum_and_extremes(const Block& block, SumForm form, HistogramValue& value) {
  const std::uint64_t sum = block.sum.load(std::memory_order_relaxed);
  value.set_sum(form == SumForm::nanoseconds ? static_cast<double>(sum) * 1e-9
                                             : std::clamp(std::bit_cast<double>(sum), -kLargest, kLargest));
  const double min = std::bit_cast<double>(block.min.load(std::memory_order_relaxed));
  const double max = std::bit_cast<double>(block.max.load(std::memory_order_relaxed));
  if (value.count() != 0 && min <= max) value.set_extremes(min, max);
}

HistogramValue read_block(const HistogramBlock& block, SumForm sum) {
  HistogramValue value;
  add_buckets(block, value);
  set_sum_and_extremes(block, sum, value);
  return value;
}

HistogramValue read_block(const ExplicitBlock& block, SumForm sum, const HistogramValue::Bounds& bounds) {
  HistogramValue value(bounds);
  for (std::size_t i = 0; i <= bounds->size(); ++i) {
    value.add_bucket(static_cast<std::int32_t>(i), block.bucket[i].load(std::memory_order_relaxed));
  }
  set_sum_and_extremes(block, sum, value);
  return value;
}

}  // namespace

void record_slow(CellId id, double value) noexcept {
  if (refuse_unfit(value, false)) return;
  record_by(id, value, [value](HistogramBlock& block, auto access) {
    add_to_sum<decltype(access)>(block.sum, value);
    note_extremes_by<decltype(access)>(block, value);
  });
}

void record_ns_slow(CellId id, std::uint64_t nanoseconds) noexcept {
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  record_by(id, seconds, [=](HistogramBlock& block, auto access) {
    decltype(access)::add(block.sum, nanoseconds);
    note_extremes_by<decltype(access)>(block, seconds);
  });
}

void record_explicit(CellId id, const double* bounds, std::size_t bound_count, double value) noexcept {
  if (refuse_unfit(value, true) || id == kNullHistogramCell) return;
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(bounds, bounds + bound_count, value) - bounds);
  if (auto* block = own_block<ExplicitBlock>(id, explicit_bytes(bound_count))) {
    return record_explicit_by<OwnedAccess>(*block, bucket, value);
  }
  if (auto* block = block_in<ExplicitBlock>(*shared(id)))
    record_explicit_by<SharedAccess>(*block, bucket, value);
}

CellId allocate_histogram(std::size_t bounds) noexcept {
  {
    FreeHistograms& list = free_histograms();
    const std::lock_guard lock(list.mutex);
    std::vector<CellId>& free = list.by_bounds[bounds];
    if (!free.empty()) {
      const CellId id = free.back();
      free.pop_back();
      return id;
    }
  }
  const CellId id = allocate_cell();
  if (id == kNullCell) return id;
  void* block = bounds == 0 ? static_cast<void*>(new_block<HistogramBlock>(sizeof(HistogramBlock)))
                            : static_cast<void*>(new_block<ExplicitBlock>(explicit_bytes(bounds)));
  if (block == nullptr) {
    free_cell(id);
    return kNullCell;
  }
  shared(id)->store(reinterpret_cast<std::uint64_t>(block), std::memory_order_release);
  return id;
}

void free_histogram(CellId id, std::size_t bounds) noexcept {
  if (id == kNullCell) return;
  for_each_cell(id, [bounds](const Cell& cell) {
    if (bounds == 0) {
      if (auto* block = block_in<HistogramBlock>(cell)) empty_block(*block);
    } else if (auto* block = block_in<ExplicitBlock>(cell)) {
      empty_block(*block, bounds);
    }
  });
  FreeHistograms& list = free_histograms();
  const std::lock_guard lock(list.mutex);
  list.by_bounds[bounds].push_back(id);
}

HistogramValue read_histogram(CellId id, SumForm sum, const HistogramValue::Bounds& bounds) {
  HistogramValue total = bounds == nullptr ? HistogramValue() : HistogramValue(bounds);
  for_each_cell(id, [&](const Cell& cell) {
    if (bounds == nullptr) {
      if (const auto* block = block_in<HistogramBlock>(cell)) total.merge(read_block(*block, sum));
    } else if (const auto* block = block_in<ExplicitBlock>(cell)) {
      total.merge(read_block(*block, sum, bounds));
    }
  });
  return total;
}

}  // namespace kymo::inline v0::cells
