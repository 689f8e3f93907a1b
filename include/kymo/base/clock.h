#pragma once

#include <chrono>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// What time it is: handed in wherever kymo asks, so that a test can run a day in a second.
///
/// Threads: `const` members may be called from several at once.
class KYMO_API Clock {
 public:
  virtual ~Clock() = default;

  /// Wall-clock time; may jump either way when somebody sets it.
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
