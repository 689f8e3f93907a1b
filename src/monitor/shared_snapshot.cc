#include "shared_snapshot.h"

#include <utility>

namespace kymo::KYMO_ABI::monitor {

SharedSnapshot::SharedSnapshot(std::function<Result()> take, std::function<bool()> is_in_callback)
    : take_(std::move(take)), is_in_callback_(std::move(is_in_callback)) {}

SharedSnapshot::Result SharedSnapshot::get() {
  Result fresh = is_in_callback_() ? nullptr : get_fresh();
  if (fresh == nullptr) stale_.fetch_add(1, std::memory_order_relaxed);
  return fresh;
}

SharedSnapshot::Result SharedSnapshot::get_or_last() {
  if (Result fresh = get()) return fresh;
  const std::lock_guard lock(mutex_);
  return last_;
}

SharedSnapshot::Result SharedSnapshot::get_fresh() {
  std::unique_lock lock(mutex_);
  const std::uint64_t needed = begun_ + 1;
  taken_.wait(lock, [&] { return done_ >= needed || !is_taking_; });
  if (done_ < needed) return take(lock);
  return last_number_ >= needed ? last_ : nullptr;
}

SharedSnapshot::Result SharedSnapshot::take(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t number = ++begun_;
  is_taking_ = true;
  lock.unlock();
  Result result;
  try {
    result = take_();
  } catch (...) {
    // For want of memory: those who wait are told so, and the next caller tries again.
  }
  lock.lock();
  is_taking_ = false;
  done_ = number;
  taken_.notify_all();
  if (result == nullptr) return nullptr;
  last_number_ = number;
  last_ = result;
  return result;
}

}  // namespace kymo::KYMO_ABI::monitor
