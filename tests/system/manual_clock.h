#pragma once

#include <chrono>

#include <kymo/model/clock.h>

namespace kymo::system {

/// Clocks that stand still until a test moves them.
class ManualClock final : public model::Clock {
 public:
  std::chrono::system_clock::time_point system{std::chrono::seconds(1'700'000'000)};
  std::chrono::steady_clock::time_point steady{std::chrono::hours(1)};

  void advance(std::chrono::nanoseconds by) {
    system += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    steady += by;
  }

  [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept override { return system; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override { return steady; }
};

}  // namespace kymo::system
