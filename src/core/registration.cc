#include "registration.h"

#include <cxxabi.h>

#include <mutex>
#include <utility>

namespace kymo::inline v0 {
namespace {

// The library also serves programs that are built without exceptions.
bool call(const Producer& producer, SnapshotWriter& writer) {
#if defined(__cpp_exceptions)
  try {
    producer(writer);
    return true;
  } catch (...) {  // whatever it was, the caller counts it
    // But for what no C++ threw: the thread ends here, and who held that up would end the process.
    if (abi::__cxa_current_exception_type() == nullptr) throw;
    return false;
  }
#else
  producer(writer);
  return true;
#endif
}

// How many producers this thread is in.
constinit thread_local int producers_entered = 0;

/// While this thread is in a producer, however it comes out.
class Entered final {
 public:
  explicit Entered(std::atomic<std::thread::id>& runner) noexcept : runner_(runner) {
    runner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    ++producers_entered;
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered() {
    --producers_entered;
    runner_.store({}, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::thread::id>& runner_;
};

}  // namespace

Registration::Slot::Outcome Registration::Slot::run(SnapshotWriter& writer) {
  if (runner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return Outcome::skipped;
  Producer gone;  // destroyed without the lock: what it refers to may have a destructor of the user's
  std::unique_lock lock(running_, std::defer_lock);
  if (producers_entered == 0) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return Outcome::skipped;
  }
  const Outcome outcome = run_locked(writer);
  if (ended_itself_) gone = std::exchange(producer_, nullptr);
  lock.unlock();
  return outcome;
}

Registration::Slot::Outcome Registration::Slot::run_locked(SnapshotWriter& writer) {
  if (ended_.load(std::memory_order_relaxed)) return Outcome::skipped;
  const Entered entered(runner_);
  return call(producer_, writer) ? Outcome::done : Outcome::threw;
}

void Registration::Slot::end() noexcept {
  if (ended_.exchange(true, std::memory_order_relaxed)) return;
  Producer gone;
  if (runner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    ended_itself_ = true;  // it is running: run() does the rest
  } else {
    const std::lock_guard lock(running_);  // waits for a call that is running
    gone = std::exchange(producer_, nullptr);
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
