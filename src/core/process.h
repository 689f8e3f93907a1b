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
  CellId* free = nullptr;  ///< returned cells
  std::size_t free_count = 0;
  std::size_t free_capacity = 0;
};

/// State that a process has once, although an executable and its libraries may each be linked with a copy of
/// kymo. The first used copy makes it and the others find it. So they share one default registry, one set of
/// cells and one fork handler.
///
/// Copies find each other by a mapping whose name has kymo's version and ABI; copies of another version stay
/// apart. Constant-initialised and never destroyed.
struct Process {
  /// The state of each copy that cannot be shared, because user code has it inlined.
  struct Copy {
    std::atomic<bool>* recording = nullptr;
    cells::Slab* (*slab_of_this_thread)() noexcept = nullptr;
  };
  static constexpr std::size_t kMaxCopies = 64;

  std::atomic<std::uint32_t> fork_generation{0};
  /// Number of threads that change structures now, and whether a fork waits for them. Not a system lock: in
  /// the child, that would remember a thread of the parent.
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

/// Threads: any, also before main. Cost: a load, except for a copy's first call.
[[nodiscard]] Process& process() noexcept;

/// True if the system kept this copy from finding others, or others from finding it. Threads: any.
[[nodiscard]] bool copy_is_apart() noexcept;

}  // namespace kymo::KYMO_ABI
