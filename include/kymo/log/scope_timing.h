#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <kymo/core/stopwatch.h>
#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {

struct ScopeTimingOptions {
  Level level = Level::info;
  /// Log only scopes that took longer; zero: all.
  std::chrono::nanoseconds longer_than{0};
};

/// Logs a scope's duration at its end: the message, `duration_ms`, to a microsecond, and `failed=true` where
/// an exception left the scope.
///
///     log::ScopeTiming timing(logger, "load map", {.longer_than = 50ms});
///
/// To watch a figure, use a Timing; this is for rare events. Threads: one at a time. Cost: two readings of a
/// clock, and the event; below the Logger's level one comparison. Errors: none; without memory for the
/// message nothing is logged.
class KYMO_API ScopeTiming final {
 public:
  ScopeTiming(Logger logger, std::string_view message, ScopeTimingOptions options = {}) noexcept;
  ScopeTiming(const ScopeTiming&) = delete;
  ScopeTiming& operator=(const ScopeTiming&) = delete;
  ~ScopeTiming();

 private:
  Logger logger_;  ///< drops everything where there is nothing to log
  std::string message_;
  ScopeTimingOptions options_;
  int exceptions_ = 0;  ///< in flight at the beginning
  Stopwatch watch_;
};

}  // namespace kymo::KYMO_ABI::log
