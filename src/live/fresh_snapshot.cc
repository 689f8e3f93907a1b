#include "fresh_snapshot.h"

namespace kymo::KYMO_ABI::live {

std::shared_ptr<const Snapshot> FreshSnapshot::get(Time arrived) {
  {
    const std::lock_guard lock(mutex_);
    // Later, not equal: a clock with a coarse step shows one time for what came one after the other.
    if (last_ != nullptr && begun_ > arrived) return last_;
  }
  const Time begun = std::chrono::steady_clock::now();
  std::shared_ptr<const Snapshot> taken = source_();
  std::shared_ptr<const Snapshot> replaced;  // freed without the lock: it may be large
  const std::lock_guard lock(mutex_);
  if (taken != nullptr && begun >= begun_) {
    replaced = std::exchange(last_, taken);
    begun_ = begun;
  }
  return taken;
}

}  // namespace kymo::KYMO_ABI::live
