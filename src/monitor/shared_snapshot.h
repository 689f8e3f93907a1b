#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::monitor {

/// Takes Snapshots one at a time, each for all who asked before it began: a hundred scrapes at once cost two.
///
/// What a caller recorded before it asked is always in what it gets, which an age limit would not give.
/// Waits for a Snapshot that is being taken, however long: the registry gives callbacks a deadline. Threads:
/// any. No lock is held while a Snapshot is taken.
class SharedSnapshot final {
 public:
  using Result = std::shared_ptr<const Snapshot>;

  /// `is_in_callback`: whether the calling thread is in a callback that `take` waits for; it cannot wait.
  SharedSnapshot(std::function<Result()> take, std::function<bool()> is_in_callback);

  /// Null where `take` throws, and inside a callback; each time counted.
  [[nodiscard]] Result get();
  /// The last Snapshot there is in place of null, at first an empty one. Never null.
  [[nodiscard]] Result get_or_last();

  /// How often there was no new one for a caller.
  [[nodiscard]] std::uint64_t stale() const noexcept { return stale_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] Result get_fresh();
  [[nodiscard]] Result take(std::unique_lock<std::mutex>& lock);

  const std::function<Result()> take_;
  const std::function<bool()> is_in_callback_;
  std::atomic<std::uint64_t> stale_{0};
  std::mutex mutex_;
  std::condition_variable taken_;
  Result last_ = std::make_shared<const Snapshot>();
  std::uint64_t last_number_ = 0;  ///< the taking that gave it
  std::uint64_t begun_ = 0;        ///< numbers the takings
  std::uint64_t done_ = 0;         ///< the last that ended
  bool is_taking_ = false;
};

}  // namespace kymo::KYMO_ABI::monitor
