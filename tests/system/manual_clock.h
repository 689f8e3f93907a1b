#pragma once

#include <atomic>
#include <chrono>

#include <kymo/base/clock.h>

namespace kymo::KYMO_ABI::system {

/// Clocks that stand still until a test moves them. Threads: one moves them, any read them.
class ManualClock final : public base::Clock {
 public:
  void advance(std::chrono::nanoseconds by) {
    advance_system(by);
    steady_ = steady_.load() + by;
  }
  /// The wall clock alone, as a correction or a suspend does.
  void advance_system(std::chrono::nanoseconds by) {
    system_ = system_.load() + std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
  }
  void set_system(std::chrono::system_clock::time_point to) { system_ = to; }

  [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept override { return system_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override { return steady_; }

 private:
  std::atomic<std::chrono::system_clock::time_point> system_{
      std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000))};
  std::atomic<std::chrono::steady_clock::time_point> steady_{
      std::chrono::steady_clock::time_point(std::chrono::hours(1))};
};

}  // namespace kymo::KYMO_ABI::system
