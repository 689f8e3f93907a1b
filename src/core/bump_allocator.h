#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace kymo::inline v0 {

/// Hands out a stretch of memory from the start; lock-free.
class BumpAllocator final {
 public:
  BumpAllocator(void* base, std::size_t size) noexcept : base_(static_cast<std::byte*>(base)), size_(size) {}

  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    for (;;) {
      const std::size_t begin = (used + alignment - 1) / alignment * alignment;
      if (begin > size_ || bytes > size_ - begin) return nullptr;
      if (used_.compare_exchange_weak(used, begin + bytes, std::memory_order_relaxed)) return base_ + begin;
    }
  }

  [[nodiscard]] void* base() const noexcept { return base_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  std::byte* base_;
  std::size_t size_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace kymo::inline v0
