#pragma once

#include <cstddef>

namespace kymo::inline v0 {

/// Where the cells' memory comes from: one stretch of addresses, handed out from the start and never taken
/// back. What it is made of (anonymous memory, a file that another process maps) is its own affair.
class CellArena {
 public:
  /// Zeroed memory, or null when there is no more. Called from any thread and from signal handlers.
  [[nodiscard]] virtual void* allocate(std::size_t bytes, std::size_t alignment) noexcept = 0;
  /// Address of the first byte.
  [[nodiscard]] virtual void* base() const noexcept = 0;
  /// Handed out so far; pages that nobody touched are not in memory.
  [[nodiscard]] virtual std::size_t used_bytes() const noexcept = 0;

 protected:
  ~CellArena() = default;
};

/// Reserves addresses, not memory: the kernel gives pages as they are touched.
/// Null when not even a small stretch can be had. Never destroyed.
[[nodiscard]] CellArena* anonymous_arena() noexcept;

}  // namespace kymo::inline v0
