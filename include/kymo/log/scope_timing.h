#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <kymo/core/stopwatch.h>
#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {

struct ScopeTimingOptions {
  Level level = Level::info;
  /// Only a scope that took longer is logged; zero: any.
  std::chrono::nanoseconds longer_than{0};
};

/// Logs at its end how long a scope took: the message, `duration_ms`, to a microsecond, and `failed=true`
/// where an exception left the scope.
///
///     log::ScopeTiming timing(logger, "load map", {.longer_than = 50ms});
///
/// For a figure that is watched, use a Timing; this is for what happens seldom. Threads: one at a time.
/// Cost: two readings of a clock, and the event; below the Logger's level one comparison. Errors: none;
/// without memory for the message nothing is logged.
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
  int exceptions_ = 0;  ///< that were on their way at the beginning
  Stopwatch watch_;
};

}  // namespace kymo::KYMO_ABI::log
