#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// What SIGHUP does: what it does to any program, or that a program reads its configuration again.
enum class HangUp : std::uint8_t { ends, reloads };

/// SIGINT and SIGTERM as something to wait for, and SIGHUP as something that happens meanwhile. Made before
/// any thread is, so that no thread gets them instead.
class EndingSignals final {
 public:
  explicit EndingSignals(HangUp hang_up = HangUp::ends) noexcept;

  /// Called by who waits, in that thread, when SIGHUP comes; must not throw.
  void on_reload(std::function<void()> reload) { reload_ = std::move(reload); }

  /// Whether one came within the time.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds time) const;
  /// Returns when one has come.
  void wait() const;

 private:
  sigset_t signals_{};
  std::function<void()> reload_;
};

}  // namespace kymo::KYMO_ABI::cli
