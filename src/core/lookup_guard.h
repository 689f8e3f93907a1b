#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

/// How a look-up by labels reads a family's table without a lock, and how memory that such a reader may still
/// see is freed.
///
/// A reader makes its slab's `lookups` odd before it follows a pointer and even afterwards: two plain stores
/// to memory of its own. Whoever takes something out of a table begins a GracePeriod; when it has passed,
/// every reader that could have seen it is done. The reader needs no fence for that, because beginning a
/// period puts one into every running thread (`membarrier(2)`). Source: asymmetric fences, as in user-space
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
  bool leaves_ = false;  // not in a look-up within a look-up: a signal handler's
};

/// Ends when no look-up goes on that began before it did.
class GracePeriod final {
 public:
  GracePeriod();
  /// Cost: a load for each thread that was in a look-up when the period began.
  [[nodiscard]] bool has_passed() noexcept;

 private:
  std::vector<std::pair<const cells::Slab*, std::uint64_t>> waiting_;
};

namespace cells {
/// True where LookupGuard leaves the fence to GracePeriod.
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
