#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::pulse {

/// Calls a function at once and then every `interval` on a thread of its own, which blocks all signals.
///
/// Ticks keep to a grid of the monotonic clock: one that takes long does not shift those after it, and one
/// that takes longer than the interval skips those that it covers (counted), rather than making them up in a
/// burst.
class TickThread final {
 public:
  /// `on_tick` must not throw. `name`: what tools show, up to 15 bytes; a literal. Throws std::system_error
  /// where there is no thread to be had.
  TickThread(std::chrono::milliseconds interval, std::function<void()> on_tick,
             const char* name = "kymo-tick");
  TickThread(const TickThread&) = delete;
  TickThread& operator=(const TickThread&) = delete;
  ~TickThread();  ///< as stop()

  /// Waits for a tick that is running. May be called twice, not from a tick.
  void stop() noexcept;

  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_.load(std::memory_order_relaxed); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  void run();
  [[nodiscard]] Time next_after(Time planned);
  [[nodiscard]] bool wait_until(Time time);

  const std::chrono::milliseconds interval_;
  const std::function<void()> on_tick_;
  std::atomic<std::uint64_t> missed_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kymo::KYMO_ABI::pulse
