#include "registration.h"

#include <mutex>
#include <utility>

namespace kymo::inline v0 {
namespace {

// The library also serves programs that are built without exceptions.
bool call(const Producer& producer, SnapshotWriter& writer) noexcept {
#if defined(__cpp_exceptions)
  try {
    producer(writer);
    return true;
  } catch (...) {  // whatever it was, the caller counts it
    return false;
  }
#else
  producer(writer);
  return true;
#endif
}

}  // namespace

Registration::Slot::Outcome Registration::Slot::run(SnapshotWriter& writer) noexcept {
  if (runner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return Outcome::ended;
  const std::lock_guard lock(running_);
  if (ended_.load(std::memory_order_relaxed)) return Outcome::ended;
  runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  const bool fine = call(producer_, writer);
  runner_.store({}, std::memory_order_relaxed);
  return fine ? Outcome::done : Outcome::threw;
}

void Registration::Slot::end() noexcept {
  if (ended_.exchange(true, std::memory_order_relaxed)) return;
  // Wait for a call that is running, unless it is the one that ends itself.
  if (runner_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
    const std::lock_guard lock(running_);
  }
  on_end_(this);
}

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    end();
    slot_ = std::move(other.slot_);
  }
  return *this;
}

void Registration::end() noexcept {
  if (slot_ == nullptr) return;
  slot_->end();
  slot_.reset();
}

}  // namespace kymo::inline v0
