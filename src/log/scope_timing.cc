#include <kymo/log/scope_timing.h>

#include <cmath>
#include <exception>
#include <utility>

namespace kymo::KYMO_ABI::log {

ScopeTiming::ScopeTiming(Logger logger, std::string_view message, ScopeTimingOptions options) noexcept
    : options_(options), watch_(Stopwatch::Idle::idle) {
  if (!logger.enabled(options.level)) return;
  try {
    message_ = message;
  } catch (...) {
    return;
  }
  logger_ = std::move(logger);
  exceptions_ = std::uncaught_exceptions();
  watch_ = Stopwatch();
}

ScopeTiming::~ScopeTiming() {
  if (!logger_.enabled(options_.level)) return;
  const std::chrono::nanoseconds taken = watch_.elapsed();
  if (options_.longer_than.count() > 0 && taken <= options_.longer_than) return;
  const double duration = std::round(static_cast<double>(taken.count()) / 1e3) / 1e3;
  if (std::uncaught_exceptions() > exceptions_) {
    logger_.log(options_.level, message_, {{"duration_ms", duration}, {"failed", true}});
  } else {
    logger_.log(options_.level, message_, {{"duration_ms", duration}});
  }
}

}  // namespace kymo::KYMO_ABI::log
