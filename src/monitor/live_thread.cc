#include "live_thread.h"

#include <utility>

#include <kymo/base/thread.h>

namespace kymo::KYMO_ABI::monitor {

LiveThread::~LiveThread() { stop(); }

void LiveThread::start(std::function<Time()> work) {
  thread_ = base::start_thread("kymo-live", [this, work = std::move(work)] { run(work); });
}

void LiveThread::wake() noexcept {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void LiveThread::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveThread::run(const std::function<Time()>& work) {
  Time due = Time::max();
  while (wait_until(due)) due = work();
}

bool LiveThread::wait_until(Time time) {
  std::unique_lock lock(mutex_);
  const auto has_reason = [this] { return woken_ || stopping_; };
  // The largest time would overflow in the conversion to the condition variable's clock.
  if (time == Time::max()) {
    changed_.wait(lock, has_reason);
  } else {
    changed_.wait_until(lock, time, has_reason);
  }
  woken_ = false;
  return !stopping_;
}

}  // namespace kymo::KYMO_ABI::monitor
