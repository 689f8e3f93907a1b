#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// How fast the processor's time-stamp counter runs, as kymo measured it against the monotonic clock.
namespace ticks {

/// Nanoseconds a tick, times 2^32. 0 while the counter is unusable: in the first 20 ms of measurement, on
/// a processor whose counter has no constant rate everywhere, and forever after it disagreed with the
/// clock.
KYMO_API extern constinit std::atomic<std::uint64_t> nanoseconds_per_tick;

/// Continues the measurement. Registries call it when they are made and with every Snapshot. Threads: any.
KYMO_API void calibrate() noexcept;

[[nodiscard]] inline std::uint64_t now() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}

}  // namespace ticks

/// Measures a duration, at less than half the cost of two readings of `std::chrono::steady_clock`. This needs
/// a time-stamp counter that the kernel uses, that is invariant, and that agreed with the monotonic clock.
/// Elsewhere the Stopwatch reads that clock.
///
/// Never negative: a counter that seems to run backwards gives zero. Threads: one at a time; start and end
/// may be on different processors. Precision: some ten nanoseconds, and 0.1 % of long times.
class Stopwatch final {
 public:
  /// Not started: elapsed() is meaningless.
  enum class Idle : std::uint8_t { idle };
  explicit Stopwatch(Idle /*idle*/) noexcept : scale_(0), begin_(0) {}

  /// Starts.
  Stopwatch() noexcept : scale_(ticks::nanoseconds_per_tick.load(std::memory_order_relaxed)) {
    begin_ = scale_ != 0 ? ticks::now() : steady_now();
  }

  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept {
    const std::uint64_t passed = (scale_ != 0 ? ticks::now() : steady_now()) - begin_;
    if (static_cast<std::int64_t>(passed) < 0) [[unlikely]]
      return {};
    if (scale_ == 0) return std::chrono::nanoseconds(static_cast<std::int64_t>(passed));
    __extension__ using Wide = unsigned __int128;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(Wide{passed} * scale_ >> 32U));
  }

 private:
  [[nodiscard]] static std::uint64_t steady_now() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  }

  std::uint64_t scale_;
  std::uint64_t begin_;
};

}  // namespace kymo::KYMO_ABI
