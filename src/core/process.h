#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

class CellArena;
class Registry;

namespace cells {
struct Root;
}  // namespace cells

/// Cells of one use, handed out a chunk's worth at a time.
struct CellPool {
  CellId next = 0;
  CellId end = 0;
  CellId* free = nullptr;  ///< given back
  std::size_t free_count = 0;
  std::size_t free_capacity = 0;
};

/// What there is once a process, however many copies of kymo are in it: an executable and the libraries it
/// loads may each have been linked with one. The first copy that is used makes it and the others find it, so
/// that they have one default registry, one set of cells and one answer to a fork.
///
/// Copies find each other by a mapping whose name tells kymo's version and ABI; copies of another one keep to
/// themselves. Constant-initialised and never destroyed.
struct Process {
  /// What of each copy cannot be shared, because user code has it inlined.
  struct Copy {
    std::atomic<bool>* recording = nullptr;
    cells::Slab* (*slab_of_this_thread)() noexcept = nullptr;
  };
  static constexpr std::size_t kMaxCopies = 64;

  std::atomic<std::uint32_t> fork_generation{0};
  /// How many threads change structures now, and whether a fork waits for them to be done. Not a lock of the
  /// system's: that would remember, in the child, a thread that only the parent has.
  std::atomic<std::uint32_t> changing{0};
  std::atomic<bool> forking{false};

  std::atomic<cells::Root*> root{nullptr};
  std::mutex cells_mutex;  // making the root, allocating and freeing cells; never while recording
  CellArena* arena = nullptr;
  std::array<CellPool, 2> pools{};  // by CellArena::Use
  std::uint64_t cells_in_use = 0;

  std::mutex registry_mutex;
  Registry* default_registry = nullptr;

  std::atomic<std::size_t> copy_count{0};
  std::array<Copy, kMaxCopies> copies{};
};

/// Threads: any, also before main. Cost: a load, but for the first call of a copy.
[[nodiscard]] Process& process() noexcept;

/// Whether the system kept this copy from looking for others, or from being found by them. Threads: any.
[[nodiscard]] bool copy_is_apart() noexcept;

}  // namespace kymo::KYMO_ABI
