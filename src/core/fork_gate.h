#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// Number of forks between this process and kymo's first one. State of an earlier generation (counts,
/// threads, held locks) is invalid in this one.
[[nodiscard]] std::uint32_t fork_generation() noexcept;

/// Makes forks wait for StructureLocks from now on, and runs `in_child` in the child. Call it once a
/// process.
void watch_forks(void (*in_child)() noexcept) noexcept;

/// Locks a mutex around a short change of kymo's own structures; no user code runs under it. A fork waits
/// until nobody holds one. So a child finds every such mutex free and its data whole.
class StructureLock final {
 public:
  explicit StructureLock(std::mutex& mutex) noexcept;
  StructureLock(const StructureLock&) = delete;
  StructureLock& operator=(const StructureLock&) = delete;
  ~StructureLock();

 private:
  std::mutex& mutex_;
};

/// A mutex that is held for long, or while user code runs, so a fork cannot wait for it. The thread that held
/// it at a fork does not exist in the child; the mutex begins anew there.
class LongMutex final {
 public:
  LongMutex() = default;
  LongMutex(const LongMutex&) = delete;
  LongMutex& operator=(const LongMutex&) = delete;
  ~LongMutex() = default;

  void lock() {
    renew_after_fork();
    mutex_.lock();
  }
  bool try_lock() {
    renew_after_fork();
    return mutex_.try_lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  static constexpr std::uint32_t kRenewing = ~std::uint32_t{0};

  void renew_after_fork() noexcept {
    const std::uint32_t now = fork_generation();
    std::uint32_t seen = generation_.load(std::memory_order_acquire);
    while (seen != now) {
      if (seen != kRenewing && generation_.compare_exchange_strong(seen, kRenewing)) {
        new (&mutex_) std::mutex;
        generation_.store(now, std::memory_order_release);
        return;
      }
      seen = generation_.load(std::memory_order_acquire);
    }
  }

  std::mutex mutex_;
  std::atomic<std::uint32_t> generation_{fork_generation()};
};

}  // namespace kymo::KYMO_ABI
