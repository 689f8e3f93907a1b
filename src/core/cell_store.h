#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <kymo/core/detail/cells.h>

#include "cell_arena.h"

/// The process' cells: one store, made at the first registration and never destroyed, so that recording works
/// before main, in static destructors, and in threads that outlive both.
namespace kymo::KYMO_ABI::cells {

/// What stands at the start of the arena, and how whoever opens a memory-mapped one finds every cell in it,
/// also when the writing process is dead. Pointers in it are the writer's addresses: subtract `base`.
struct Root {
  static constexpr std::uint64_t kMagic = 0x30736C6C65634B79;  // "yKcells0" in memory order
  static constexpr std::size_t kMaxSlabs = 16384;

  std::uint64_t magic;
  std::uint64_t base;
  std::atomic<std::uint32_t> slab_count;
  std::atomic<std::uint32_t> cells_used;
  Slab* shared_slab;
  std::atomic<Slab*> slabs[kMaxSlabs];
};

/// Places the process' cells into `arena`; null: anonymous memory. Only before the first registration; false
/// when it is too late.
bool use_arena(CellArena* arena) noexcept;

/// The store's root; made at the first call. Null only if not even the first memory could be had.
[[nodiscard]] Root* root() noexcept;

/// A fresh or recycled cell that reads zero everywhere; kNullCell when there is none left. A number begins
/// anew in a forked child; what lies in the directory (the value of a gauge, which is what it is in the child
/// too) goes on.
[[nodiscard]] CellId allocate_cell(CellArena::Use use = CellArena::Use::numbers) noexcept;

/// Gives a cell back, zeroed. Nobody may record into it any more.
void free_cell(CellId id, CellArena::Use use = CellArena::Use::numbers) noexcept;

/// Zeroed memory for numbers, for as long as the process lives: for all threads to write, or for the thread
/// that leased `slab`, apart from what others write. Null when there is none. Async-signal-safe.
[[nodiscard]] void* allocate_shared(std::size_t bytes) noexcept;
[[nodiscard]] void* allocate_owned(Slab& slab, std::size_t bytes) noexcept;

/// This thread's slab, leased if need be; null when it cannot have one. Async-signal-safe.
[[nodiscard]] Slab* lease() noexcept;

/// Calls `visit(Cell&)` for this id's cell in every slab that has one, the shared one first.
template <class Visitor>
void for_each_cell(CellId id, Visitor visit) {
  Root* store = root();
  if (store == nullptr) return;
  visit(*shared(id));
  const std::uint32_t count = store->slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    const Slab* slab = store->slabs[i].load(std::memory_order_acquire);
    if (slab == nullptr) continue;
    Chunk* chunk = slab->chunk[id / kCellsPerChunk].load(std::memory_order_acquire);
    if (chunk != nullptr) visit(chunk->cell[id % kCellsPerChunk]);
  }
}

/// Reads many cells, one after the other: what leads to the slabs is looked up once. Slabs leased later are
/// not seen: one for each reading.
class CellReader final {
 public:
  CellReader();
  /// Calls `visit(const Cell&)` for this id's cell in every slab that has one, the shared one first.
  template <class Visitor>
  void for_each(CellId id, Visitor visit) const {
    for (const Slab* slab : slabs_) {
      if (const Cell* cell = cell_in(*slab, id)) visit(*cell);
    }
  }
  /// The sum of whole numbers.
  [[nodiscard]] std::uint64_t sum(CellId id) const noexcept {
    std::uint64_t total = 0;
    for_each(id, [&](const Cell& cell) { total += cell.load(std::memory_order_relaxed); });
    return total;
  }

 private:
  std::vector<const Slab*> slabs_;
};

/// Sum of a whole-number cell over all threads: exact once they have stopped.
[[nodiscard]] std::uint64_t sum(CellId id) noexcept;
/// The same for a cell of doubles.
[[nodiscard]] double sum_double(CellId id) noexcept;

[[nodiscard]] std::uint64_t refused(Refusal reason) noexcept;

/// Figures for `kymo_*` self-metrics.
struct Usage {
  std::uint64_t cells = 0;
  std::uint64_t slabs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;  ///< times that the arena had no memory
};
[[nodiscard]] Usage usage() noexcept;

}  // namespace kymo::KYMO_ABI::cells
