#include "registration.h"

#include <cxxabi.h>

#include <mutex>
#include <utility>

namespace kymo::KYMO_ABI {
namespace {

// The library also serves programs that are built without exceptions.
bool call(const Producer& producer, SnapshotWriter& writer) {
#if defined(__cpp_exceptions)
  try {
    producer(writer);
    return true;
  } catch (...) {  // the caller counts the error
    // Rethrow a forced unwind (pthread_exit): the thread ends here, and stopping that would end the process.
    if (abi::__cxa_current_exception_type() == nullptr) throw;
    return false;
  }
#else
  producer(writer);
  return true;
#endif
}

// Depth of producers that this thread is in.
constinit thread_local int producers_entered = 0;

}  // namespace

bool is_in_producer() noexcept { return producers_entered != 0; }

/// Lives while this thread is in the producer, also through exceptions.
class Registration::Slot::Running final {
 public:
  explicit Running(Slot& slot) noexcept : slot_(slot) {
    slot_.runner_generation_.store(fork_generation(), std::memory_order_relaxed);
    slot_.runner_.store(std::this_thread::get_id(), std::memory_order_release);
    ++producers_entered;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    --producers_entered;
    slot_.runner_.store({}, std::memory_order_relaxed);
  }

 private:
  Slot& slot_;
};

// A child's threads may have the ids of threads of its parent.
bool Registration::Slot::runs_here() const noexcept {
  return runner_.load(std::memory_order_acquire) == std::this_thread::get_id() &&
         runner_generation_.load(std::memory_order_relaxed) == fork_generation();
}

void Registration::Slot::set_hanging(Time since) noexcept {
  hanging_generation_.store(fork_generation(), std::memory_order_relaxed);
  hanging_since_.store(since.time_since_epoch().count(), std::memory_order_release);
}

std::optional<Registration::Slot::Time> Registration::Slot::hanging_since() const noexcept {
  const Time::rep since = hanging_since_.load(std::memory_order_acquire);
  if (since == kNotHanging || hanging_generation_.load(std::memory_order_relaxed) != fork_generation()) {
    return std::nullopt;
  }
  return Time(Time::duration(since));
}

Registration::Slot::Outcome Registration::Slot::run(SnapshotWriter& writer) {
  if (runs_here() || hanging_since()) return Outcome::skipped;
  Producer gone;  // destroyed without the lock: the user's destructors may run
  std::unique_lock lock(running_, std::defer_lock);
  if (!is_in_producer()) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return Outcome::skipped;
  }
  const Outcome outcome = run_locked(writer);
  if (ended_.load(std::memory_order_relaxed)) gone = std::exchange(producer_, nullptr);
  lock.unlock();
  return outcome;
}

Registration::Slot::Outcome Registration::Slot::run_locked(SnapshotWriter& writer) {
  if (ended_.load(std::memory_order_relaxed)) return Outcome::skipped;
  const Running running(*this);
  return call(producer_, writer) ? Outcome::done : Outcome::threw;
}

void Registration::Slot::end() noexcept {
  if (ended_.exchange(true, std::memory_order_relaxed)) return;
  Producer gone;
  if (!runs_here()) {                      // otherwise run() does the rest
    const std::lock_guard lock(running_);  // waits for a running call
    gone = std::exchange(producer_, nullptr);
  }
  on_end_(this);
}

void Registration::Slot::abandon() noexcept {
  if (ended_.exchange(true, std::memory_order_relaxed)) return;
  Producer gone;
  // Otherwise run() does the rest; if it has just checked, the slot's last owner does.
  if (!runs_here() && running_.try_lock()) {
    gone = std::exchange(producer_, nullptr);
    running_.unlock();
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

void Registration::abandon() noexcept {
  if (slot_ == nullptr) return;
  slot_->abandon();
  slot_.reset();
}

}  // namespace kymo::KYMO_ABI
