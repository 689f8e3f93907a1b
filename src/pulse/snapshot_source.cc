#include <kymo/pulse/snapshot_source.h>

#include <utility>

namespace kymo::KYMO_ABI::pulse {

SnapshotSource::SnapshotSource(std::function<Result()> take, std::function<bool()> is_in_callback)
    : take_(std::move(take)), is_in_callback_(std::move(is_in_callback)) {}

SnapshotSource::Result SnapshotSource::get(Time asked) {
  Result fresh = is_in_callback_() ? nullptr : get_begun_after(asked);
  if (fresh == nullptr) stale_.fetch_add(1, std::memory_order_relaxed);
  return fresh;
}

SnapshotSource::Result SnapshotSource::get_or_last() {
  if (Result fresh = get()) return fresh;
  const std::lock_guard lock(mutex_);
  return last_;
}

SnapshotSource::Result SnapshotSource::get_begun_after(Time asked) {
  std::unique_lock lock(mutex_);
  // Later, not equal: a clock with a coarse step shows one time for two events in a row.
  if (last_begun_ > asked) return last_;
  while (current_ != nullptr) {
    const std::shared_ptr<Taking> awaited = current_;
    taken_.wait(lock, [&] { return awaited->is_done; });
    if (awaited->begun > asked) return awaited->result;
  }
  return take(lock);
}

SnapshotSource::Result SnapshotSource::take(std::unique_lock<std::mutex>& lock) {
  const auto taking = std::make_shared<Taking>();
  taking->begun = std::chrono::steady_clock::now();
  current_ = taking;
  lock.unlock();
  Result result;
  try {
    result = take_();
  } catch (...) {
    // Out of memory, usually. All who wait get null, and the next reader tries again.
  }
  is_failing_.store(result == nullptr, std::memory_order_relaxed);
  Result replaced;  // freed without the lock: a Snapshot may be large
  lock.lock();
  taking->is_done = true;
  taking->result = result;
  current_ = nullptr;
  if (result != nullptr) {
    replaced = std::exchange(last_, result);
    last_begun_ = taking->begun;
  }
  taken_.notify_all();
  lock.unlock();
  return result;
}

}  // namespace kymo::KYMO_ABI::pulse
