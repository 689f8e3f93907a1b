#pragma once

#include <cstddef>
#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// Where the cells' memory comes from: stretches of addresses, handed out from the start and never taken
/// back. What they are made of (anonymous memory, a file that another process maps) is its own affair.
class CellArena {
 public:
  /// Numbers are what a forked child must not inherit, or it would report its parent's counts once more. The
  /// directory is what leads to them.
  enum class Use : std::uint8_t { directory, numbers };

  /// Zeroed memory; null, and counted in refused(), when there is no more. Called from any thread and from
  /// signal handlers. Addresses of one use ascend.
  [[nodiscard]] virtual void* allocate(Use use, std::size_t bytes, std::size_t alignment) noexcept = 0;
  /// Called first in a forked child, on its only thread. True: the child has memory of its own, in which all
  /// numbers read zero now. False: the child shares its parent's cells and must not write them.
  [[nodiscard]] virtual bool begin_child() noexcept = 0;
  /// Address of the directory's first byte.
  [[nodiscard]] virtual void* base() const noexcept = 0;
  /// Handed out so far; pages that nobody touched are not in memory.
  [[nodiscard]] virtual std::size_t used_bytes() const noexcept = 0;
  /// How often there was no more.
  [[nodiscard]] virtual std::uint64_t refused() const noexcept = 0;

 protected:
  ~CellArena() = default;
};

/// Reserves addresses that cannot be touched, and makes them memory in steps as it hands them out: so a
/// process that locks its memory, or whose kernel promises no more than it has, pays for what is used only.
/// Of a limit on addresses (RLIMIT_AS) a small share is taken; without one, 32 GiB for each use.
/// Null when not even a small stretch can be had. Never destroyed.
[[nodiscard]] CellArena* anonymous_arena() noexcept;

}  // namespace kymo::KYMO_ABI
