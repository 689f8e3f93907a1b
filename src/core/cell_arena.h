#pragma once

#include <cstddef>
#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// The source of the cells' memory: hands out ascending addresses, and takes none back. The memory may be
/// anonymous, or a file that another process maps.
class CellArena {
 public:
  /// A forked child must not inherit the numbers, or it would report its parent's counts once more. The
  /// directory leads to the numbers.
  enum class Use : std::uint8_t { directory, numbers };

  /// Zeroed memory; null, and counted in refused(), when no more is left. Called from any thread and from
  /// signal handlers. Addresses of one use ascend.
  [[nodiscard]] virtual void* allocate(Use use, std::size_t bytes, std::size_t alignment) noexcept = 0;
  /// Called first in a forked child, on its only thread. True: the child has memory of its own, in which all
  /// numbers read zero now. False: the child shares its parent's cells and must not write them.
  [[nodiscard]] virtual bool begin_child() noexcept = 0;
  /// Address of the directory's first byte.
  [[nodiscard]] virtual void* base() const noexcept = 0;
  /// Handed out so far; pages that nobody touched are not in memory.
  [[nodiscard]] virtual std::size_t used_bytes() const noexcept = 0;
  /// Number of refusals for lack of memory.
  [[nodiscard]] virtual std::uint64_t refused() const noexcept = 0;

 protected:
  ~CellArena() = default;
};

/// Reserves addresses without access, and turns them into memory in steps. So a process pays for used memory
/// only, even if it locks its memory or its kernel does not overcommit. Reserves in steps, too, from 64 MiB
/// to 32 GiB for each use, and at most a small share of a limit on addresses (RLIMIT_AS). Null if even a
/// small reservation fails. Never destroyed.
[[nodiscard]] CellArena* anonymous_arena() noexcept;

}  // namespace kymo::KYMO_ABI
