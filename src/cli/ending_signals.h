#pragma once

#include <signal.h>

#include <chrono>

namespace kymo::cli {

/// SIGINT and SIGTERM as something to wait for. Made before any thread is, so that no thread gets them
/// instead.
class EndingSignals final {
 public:
  EndingSignals() noexcept;

  /// Whether one came within the time.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds time) const noexcept;
  /// Returns when one has come.
  void wait() const noexcept;

 private:
  sigset_t signals_{};
};

}  // namespace kymo::cli
