#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::pulse {

/// Takes Snapshots one at a time, each for all readers that asked before it began. So a hundred scrapes at
/// once cost two Snapshots, and the readers of one Snapshot share its encodings.
///
/// A reader's Snapshot contains all that happened before the reader asked; a cache with an age limit would
/// not. The source waits for a Snapshot that is being taken, however long: the registry gives callbacks a
/// deadline. Threads: any. The source holds no lock while it takes a Snapshot, and keeps the last one alive.
class SnapshotSource final {
 public:
  using Result = std::shared_ptr<const Snapshot>;
  using Time = std::chrono::steady_clock::time_point;

  /// `is_in_callback`: whether the calling thread is in a callback that `take` waits for; that thread cannot
  /// wait for `take`.
  SnapshotSource(std::function<Result()> take, std::function<bool()> is_in_callback);

  /// A Snapshot that was begun after `asked`. A request that waited for a thread asked when it arrived, so
  /// those that queued up together share one. Null where `take` throws, and inside a callback; both are
  /// counted.
  [[nodiscard]] Result get(Time asked = std::chrono::steady_clock::now());
  /// As get(), with the last Snapshot in place of null; an empty one at first. Never null.
  [[nodiscard]] Result get_or_last();

  /// True if the last attempt to take a Snapshot failed, usually for want of memory.
  [[nodiscard]] bool is_failing() const noexcept { return is_failing_.load(std::memory_order_relaxed); }
  /// How often a reader got no new Snapshot.
  [[nodiscard]] std::uint64_t stale() const noexcept { return stale_.load(std::memory_order_relaxed); }

 private:
  /// One call of `take`.
  struct Taking {
    Time begun{};
    bool is_done = false;
    Result result;
  };

  [[nodiscard]] Result get_begun_after(Time asked);
  [[nodiscard]] Result take(std::unique_lock<std::mutex>& lock);

  const std::function<Result()> take_;
  const std::function<bool()> is_in_callback_;
  std::atomic<std::uint64_t> stale_{0};
  std::atomic<bool> is_failing_{false};
  std::mutex mutex_;
  std::condition_variable taken_;
  std::shared_ptr<Taking> current_;  ///< null while none is being taken
  Time last_begun_{};
  Result last_ = std::make_shared<const Snapshot>();
};

}  // namespace kymo::KYMO_ABI::pulse
