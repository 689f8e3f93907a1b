#include "live_thread.h"

#include <pthread.h>

#include <utility>

#include "blocked_signals.h"

namespace kymo::monitor {

LiveThread::~LiveThread() { stop(); }

void LiveThread::start(std::function<Time()> work) {
  const BlockedSignals blocked;
  thread_ = std::thread([this, work = std::move(work)] { run(work); });
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
  pthread_setname_np(pthread_self(), "kymo-live");
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

}  // namespace kymo::monitor
