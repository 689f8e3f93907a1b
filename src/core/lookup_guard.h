#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

/// Lets a look-up by labels read a family's table without a lock, and frees memory only when no reader can
/// still see it.
///
/// A reader makes its slab's `lookups` odd before it follows a pointer and even afterwards: two plain
/// stores to its own memory. A thread that removes an element begins a GracePeriod. After it, every
/// reader that could have seen the element is done. The reader needs no fence: the start of a period
/// puts one into every running thread (`membarrier(2)`). Source: asymmetric fences, as in user-space
/// RCU.
class LookupGuard final {
 public:
  LookupGuard() noexcept;
  LookupGuard(const LookupGuard&) = delete;
  LookupGuard& operator=(const LookupGuard&) = delete;
  ~LookupGuard() {
    if (leaves_) slab_->lookups.store(value_ + 2, std::memory_order_release);
  }

  /// False: this thread can have no slab, and must take the family's lock instead.
  [[nodiscard]] bool entered() const noexcept { return slab_ != nullptr; }

 private:
  cells::Slab* slab_;
  std::uint64_t value_ = 0;
  bool leaves_ = false;  // false in a nested look-up, as in a signal handler
};

/// Has passed when every look-up from before its start has ended.
class GracePeriod final {
 public:
  GracePeriod();
  /// Cost: a load for each thread that was in a look-up when the period began.
  [[nodiscard]] bool has_passed() noexcept;

 private:
  std::vector<std::pair<const cells::Slab*, std::uint64_t>> waiting_;
};

namespace cells {
/// True if GracePeriod makes the fences for LookupGuard.
extern constinit std::atomic<bool> fences_are_asymmetric;
}  // namespace cells

inline LookupGuard::LookupGuard() noexcept : slab_(cells::thread_slab) {
  if (slab_ == nullptr) [[unlikely]]
    return;
  value_ = slab_->lookups.load(std::memory_order_relaxed);
  leaves_ = value_ % 2 == 0;
  if (!leaves_) [[unlikely]]
    return;
  if (cells::fences_are_asymmetric.load(std::memory_order_relaxed)) [[likely]] {
    slab_->lookups.store(value_ + 1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    slab_->lookups.exchange(value_ + 1, std::memory_order_seq_cst);
  }
}

}  // namespace kymo::KYMO_ABI
