#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <kymo/core/detail/cells.h>

#include "cell_arena.h"

/// The process' cells: one store, made at the first registration and never destroyed. So recording works
/// before main, in static destructors, and in threads that outlive both.
namespace kymo::KYMO_ABI::cells {

/// The header of the arena. A reader of a memory-mapped arena finds every cell through it, also after the
/// writing process died. Its pointers are the writer's addresses: subtract `base`.
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
/// if too late.
bool use_arena(CellArena* arena) noexcept;

/// The store's root; made at the first call. Null only if even the first memory is missing.
[[nodiscard]] Root* root() noexcept;

/// A new or recycled cell that reads zero everywhere; kNullCell when none is left. A number begins anew in a
/// forked child. Values in the directory, such as a gauge's, continue, because they are true of the child
/// too.
[[nodiscard]] CellId allocate_cell(CellArena::Use use = CellArena::Use::numbers) noexcept;

/// Returns a cell, zeroed. Nobody may record into it any more.
void free_cell(CellId id, CellArena::Use use = CellArena::Use::numbers) noexcept;

/// Zeroed memory for numbers, for the life of the process: for all threads to write, or for the thread that
/// leased `slab`, apart from memory that others write. Null when there is none. Async-signal-safe.
[[nodiscard]] void* allocate_shared(std::size_t bytes) noexcept;
[[nodiscard]] void* allocate_owned(Slab& slab, std::size_t bytes) noexcept;

/// This thread's slab, leased if necessary; null when impossible. Async-signal-safe.
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

/// Reads many cells, one after the other, with one look-up of the slabs. Later slabs are not seen: make one
/// for each reading.
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
