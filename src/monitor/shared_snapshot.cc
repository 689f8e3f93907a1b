#include "shared_snapshot.h"

#include <utility>

namespace kymo::monitor {

SharedSnapshot::SharedSnapshot(std::function<Result()> take, std::chrono::milliseconds patience)
    : take_(std::move(take)), patience_(patience) {}

SharedSnapshot::Result SharedSnapshot::get() {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  std::unique_lock lock(mutex_);
  if (taker_ == std::this_thread::get_id()) return last_one();
  const std::uint64_t needed = begun_ + 1;
  const auto nobody_takes = [&] { return done_ >= needed || taker_ == std::thread::id(); };
  while (done_ < needed) {
    if (!taken_.wait_until(lock, deadline, nobody_takes)) return last_one();
    if (done_ < needed) return take(lock);
  }
  return last_;
}

SharedSnapshot::Result SharedSnapshot::take(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t number = ++begun_;
  taker_ = std::this_thread::get_id();
  lock.unlock();
  Result result;
  try {
    result = take_();
  } catch (...) {
    // Out of memory, or a callback's exception that the registry let through: the last one is better than
    // none.
  }
  lock.lock();
  taker_ = {};
  done_ = number;
  taken_.notify_all();
  if (result == nullptr) return last_one();
  last_ = result;
  return result;
}

SharedSnapshot::Result SharedSnapshot::last_one() {
  stale_.fetch_add(1, std::memory_order_relaxed);
  return last_;
}

}  // namespace kymo::monitor
