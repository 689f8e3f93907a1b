#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// Effect of SIGHUP: the default, or a reload of the configuration.
enum class HangUp : std::uint8_t { ends, reloads };

/// Waits for SIGINT and SIGTERM, and handles SIGHUP meanwhile. Create it before any thread, so that no thread
/// receives these signals.
class EndingSignals final {
 public:
  explicit EndingSignals(HangUp hang_up = HangUp::ends) noexcept;

  /// The waiting thread calls this on SIGHUP; must not throw.
  void on_reload(std::function<void()> reload) { reload_ = std::move(reload); }

  /// True if a signal came within the time.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds time) const;
  /// Returns on a signal.
  void wait() const;

 private:
  sigset_t signals_{};
  std::function<void()> reload_;
};

}  // namespace kymo::KYMO_ABI::cli
