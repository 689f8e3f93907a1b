#include <kymo/pulse/tick_thread.h>

#include <algorithm>
#include <utility>

#include <kymo/base/duration.h>
#include <kymo/base/thread.h>

namespace kymo::KYMO_ABI::pulse {

TickThread::TickThread(std::chrono::milliseconds interval, std::function<void()> on_tick, const char* name)
    : interval_(std::max(base::bounded_wait(interval), std::chrono::milliseconds(1))),
      on_tick_(std::move(on_tick)) {
  thread_ = base::start_thread(name, [this] { run(); });
}

TickThread::~TickThread() { stop(); }

void TickThread::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TickThread::run() {
  Time planned = std::chrono::steady_clock::now();
  do {
    on_tick_();
    planned = next_after(planned);
  } while (wait_until(planned));
}

TickThread::Time TickThread::next_after(Time planned) {
  const Time now = std::chrono::steady_clock::now();
  const Time next = planned + interval_;
  if (now < next) return next;
  const auto missed = (now - next) / interval_ + 1;
  missed_.fetch_add(static_cast<std::uint64_t>(missed), std::memory_order_relaxed);
  return next + missed * interval_;
}

bool TickThread::wait_until(Time time) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_until(lock, time, [this] { return stopping_; });
}

}  // namespace kymo::KYMO_ABI::pulse
