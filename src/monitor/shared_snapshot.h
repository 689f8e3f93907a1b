#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <kymo/core/snapshot.h>

namespace kymo::monitor {

/// Takes Snapshots one at a time, each for all who asked before it began: a hundred scrapes at once cost two.
///
/// What a caller recorded before it asked is always in what it gets, which an age limit would not give.
/// Threads: any. No lock is held while a Snapshot is taken, since that calls users' callbacks.
class SharedSnapshot final {
 public:
  using Result = std::shared_ptr<const Snapshot>;

  /// `patience`: how long to wait for others' Snapshots before the last one must do.
  explicit SharedSnapshot(std::function<Result()> take,
                          std::chrono::milliseconds patience = std::chrono::seconds(1));

  /// Never null. The last Snapshot there is (at first: an empty one) is given where `take` throws, where a
  /// callback that it calls asks for a Snapshot itself, and where patience ends; each time counted.
  [[nodiscard]] Result get();

  [[nodiscard]] std::uint64_t stale() const noexcept { return stale_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] Result take(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] Result last_one();

  const std::function<Result()> take_;
  const std::chrono::milliseconds patience_;
  std::atomic<std::uint64_t> stale_{0};
  std::mutex mutex_;
  std::condition_variable taken_;
  Result last_ = std::make_shared<const Snapshot>();
  std::uint64_t begun_ = 0;  ///< numbers the takings
  std::uint64_t done_ = 0;   ///< the last that ended
  std::thread::id taker_;    ///< who takes one now; no thread: nobody
};

}  // namespace kymo::monitor
