#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <kymo/version.h>

/// The storage of instruments. A user of instruments needs nothing of this header; the header is installed
/// because recording is inlined into user code.
///
/// Every series has a cell id. Every recording thread leases a *slab*: a table from the id to 8 bytes that
/// only this thread writes. So adding is one load, one add and one store to memory that no other thread
/// writes. A reader sums the cell over all slabs. When a thread ends, its slab goes with all counts to the
/// next thread that begins. Nothing is folded, so no count is lost or doubled. The most threads that ever
/// recorded at once bound the memory. The *shared* slab, written with locked instructions, serves a thread
/// past its end, a signal handler that interrupted a lease, and a process at its limits. A forked child keeps
/// the tables and begins with every number at zero.
namespace kymo::KYMO_ABI {

/// Identifies a series' cell in every slab.
using CellId = std::uint32_t;

/// Counters that could not be registered record into this cell; nobody reads it.
inline constexpr CellId kNullCell = 0;
/// The same for histograms: their cells hold addresses, and this cell never does.
inline constexpr CellId kNullHistogramCell = 1;

using Cell = std::atomic<std::uint64_t>;
static_assert(Cell::is_always_lock_free);

namespace cells {

inline constexpr std::size_t kCellsPerChunk = 64;
inline constexpr std::size_t kMaxCells = std::size_t{1} << 24U;

struct Chunk {
  Cell cell[kCellsPerChunk];
};

/// One thread's table of cells. A chunk appears when the thread first touches one of its series.
struct Slab {
  std::atomic<std::uint32_t> leased;
  /// Odd while the thread follows pointers to series that another thread may remove: see lookup_guard.h.
  std::atomic<std::uint64_t> lookups;
  /// Not 0 while the thread changes several cells as one. A signal handler that interrupts this uses the
  /// shared slab, so the thread may use plain loads and stores.
  std::atomic<std::uint32_t> busy;
  /// Address of the next free byte of the thread's own memory for histogram pages.
  std::atomic<std::uint64_t> free_memory;
  std::atomic<Chunk*> chunk[kMaxCells / kCellsPerChunk];
};

/// The slab this thread leased; null before its first record and after its end.
/// initial-exec: one instruction to reach it, also out of a shared library.
KYMO_API extern constinit thread_local Slab* thread_slab __attribute__((tls_model("initial-exec")));

/// True while recording is on. A process-wide switch: while off, a record costs one load of a line that never
/// changes and one branch.
KYMO_API extern constinit std::atomic<bool> recording;

[[nodiscard]] inline Cell* cell_in(const Slab& slab, CellId id) noexcept {
  Chunk* chunk = slab.chunk[id / kCellsPerChunk].load(std::memory_order_relaxed);
  if (chunk == nullptr) [[unlikely]]
    return nullptr;
  return &chunk->cell[id % kCellsPerChunk];
}

/// This thread's cell, or null when it has none yet.
[[nodiscard]] inline Cell* owned(CellId id) noexcept {
  const Slab* slab = thread_slab;
  return slab == nullptr ? nullptr : cell_in(*slab, id);
}

/// As owned(), but makes the cell if possible. Null: use shared(). Async-signal-safe.
[[nodiscard]] KYMO_API Cell* own(CellId id) noexcept;

/// The cell that all threads may write, with locked instructions only. Never null.
[[nodiscard]] KYMO_API Cell* shared(CellId id) noexcept;

// Between a plain load and store, a signal handler may interrupt the thread and record into the same cell;
// its count would be lost. One instruction that does both cannot be interrupted; without a lock prefix the
// cost is that of load + store.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KYMO_CELLS_UNDER_TSAN 1
#endif
#endif
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(KYMO_CELLS_UNDER_TSAN)
#define KYMO_CELLS_BY_ONE_INSTRUCTION 1
#else
#define KYMO_CELLS_BY_ONE_INSTRUCTION 0
#endif

/// Adds to a cell that this thread owns. Wraps at 2^64.
inline void add_owned(Cell& cell, std::uint64_t n) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  asm volatile("addq %1, %0" : "+m"(cell) : "er"(n) : "cc");
#else
  cell.fetch_add(n, std::memory_order_relaxed);
#endif
}

/// Replaces `expected` by `desired` in an owned cell. On failure `expected` becomes the cell's value.
inline bool exchange_owned(Cell& cell, std::uint64_t& expected, std::uint64_t desired) noexcept {
#if KYMO_CELLS_BY_ONE_INSTRUCTION
  bool done = false;
  asm volatile("cmpxchgq %3, %1" : "=@ccz"(done), "+m"(cell), "+a"(expected) : "r"(desired));
  return done;
#else
  return cell.compare_exchange_weak(expected, desired, std::memory_order_relaxed);
#endif
}

/// Adds a double to a cell that this thread owns.
inline void add_owned_double(Cell& cell, double value) noexcept {
  std::uint64_t seen = cell.load(std::memory_order_relaxed);
  while (!exchange_owned(cell, seen, std::bit_cast<std::uint64_t>(std::bit_cast<double>(seen) + value))) {
  }
}

KYMO_API void add_slow(CellId id, std::uint64_t n) noexcept;
KYMO_API void add_double_slow(CellId id, double value) noexcept;

inline void add(CellId id, std::uint64_t n) noexcept {
  Cell* cell = owned(id);
  if (cell != nullptr) [[likely]] {
    add_owned(*cell, n);
  } else {
    add_slow(id, n);
  }
}

inline void add_double(CellId id, double value) noexcept {
  Cell* cell = owned(id);
  if (cell != nullptr) [[likely]] {
    add_owned_double(*cell, value);
  } else {
    add_double_slow(id, value);
  }
}

/// The reason for a refused value. Each reason has a process-wide count, exported as
/// `kymo_recordings_refused_total{reason}`.
enum class Refusal : std::uint8_t { not_a_number, infinite, negative, out_of_memory };
inline constexpr std::size_t kRefusals = 4;
KYMO_API void refuse(Refusal reason) noexcept;

}  // namespace cells

/// Turns all recording of the process on or off. Reading goes on. Threads: any; other threads see the change
/// soon, not at once.
KYMO_API void set_recording(bool on) noexcept;
[[nodiscard]] inline bool is_recording() noexcept { return cells::recording.load(std::memory_order_relaxed); }

}  // namespace kymo::KYMO_ABI
