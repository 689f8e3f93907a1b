#pragma once

#include <chrono>
#include <exception>
#include <utility>

#include <kymo/core/stopwatch.h>
#include <kymo/core/timing.h>

namespace kymo::KYMO_ABI {

/// Times a scope once: from construction to stop() or the end of the scope.
///
///     kymo::ScopedTimer timer(metrics.handle_duration);
///
/// The Timing must outlive the scope. Threads: one at a time. Cost: two readings of a clock (see Stopwatch),
/// two of the count of exceptions and a Timing's record; nothing while recording is off. A scope that an
/// exception leaves is timed in the series with the same labels and `error="true"`.
class KYMO_API ScopedTimer final {
 public:
  explicit ScopedTimer(Timing& timing) noexcept
      : timing_(is_recording() ? &timing : nullptr),
        exceptions_(timing_ != nullptr ? std::uncaught_exceptions() : 0),
        watch_(timing_ != nullptr ? Stopwatch() : Stopwatch(Stopwatch::Idle::idle)) {}
  /// Keep the handle: a look-up in each scope would cost more than the timer.
  explicit ScopedTimer(Timing&& temporary) = delete;
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;
  ~ScopedTimer() {
    if (timing_ != nullptr && std::uncaught_exceptions() > exceptions_) [[unlikely]] {
      Timing failed = timing_->failed();
      timing_ = &failed;
      stop();
    } else {
      stop();
    }
  }

  /// Records now instead of at the end, and returns the duration. Returns zero after an earlier stop() or
  /// cancel().
  std::chrono::nanoseconds stop() noexcept {
    Timing* const timing = std::exchange(timing_, nullptr);
    if (timing == nullptr) return {};
    const std::chrono::nanoseconds elapsed = watch_.elapsed();
    timing->record(elapsed);
    return elapsed;
  }
  /// Records nothing.
  void cancel() noexcept { timing_ = nullptr; }

 private:
  Timing* timing_;  // null once stopped or cancelled
  int exceptions_;  // in flight at the start: the scope may itself run during unwinding
  Stopwatch watch_;
};

}  // namespace kymo::KYMO_ABI
