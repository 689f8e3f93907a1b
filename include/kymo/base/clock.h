#pragma once

#include <chrono>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// The source of time. kymo takes a Clock as a parameter, so a test can run a day in a second.
///
/// Threads: several threads may call `const` members at once.
class KYMO_API Clock {
 public:
  virtual ~Clock() = default;

  /// Wall-clock time. Somebody may set the clock, so it can jump both ways.
  [[nodiscard]] virtual std::chrono::system_clock::time_point system_now() const noexcept = 0;

  /// Time that never goes back; for durations and rates.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const noexcept = 0;
};

/// The machine's clocks. Cost: no system call where the kernel offers its clocks in user space.
class KYMO_API RealClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override;
};

}  // namespace kymo::KYMO_ABI::base
