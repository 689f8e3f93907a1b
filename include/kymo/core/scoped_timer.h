#pragma once

#include <chrono>
#include <utility>

#include <kymo/core/timing.h>

namespace kymo::inline v0 {

/// Times a scope: from its construction to stop() or the end of the scope, once.
///
///     kymo::ScopedTimer timer(metrics.handle_duration);
///
/// The Timing must outlive the scope. Threads: one at a time. Cost: two readings of the monotonic clock and a
/// Timing's record; nothing while recording is off. A scope left by an exception is timed too.
class ScopedTimer final {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ScopedTimer(Timing& timing) noexcept : timing_(&timing), running_(is_recording()) {
    if (running_) start_ = Clock::now();
  }
  /// Keep the handle: looking a series up for each scope would cost more than the timer.
  explicit ScopedTimer(Timing&& temporary) = delete;
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;
  ~ScopedTimer() { stop(); }

  /// Records now instead of at the end, and tells how long it was; zero when it had been stopped or
  /// cancelled.
  std::chrono::nanoseconds stop() noexcept {
    if (!std::exchange(running_, false)) return {};
    const std::chrono::nanoseconds elapsed = Clock::now() - start_;
    timing_->record(elapsed);
    return elapsed;
  }
  /// Records nothing.
  void cancel() noexcept { running_ = false; }

 private:
  Timing* timing_;
  Clock::time_point start_;
  bool running_;
};

}  // namespace kymo::inline v0
