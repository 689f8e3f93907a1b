#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {

/// Limits the events of one place: a number in each interval, which begins with its first event.
///
///     static constinit log::RateLimit limit(10, 1s);
///     log_limited(limit, logger, log::Level::warning, "packet refused", {{"peer", peer}});
///
/// No loss is silent: a passed event tells the number suppressed since the one before. Threads: any. Cost: a
/// reading of the clock and one or two atomic operations; no lock.
class KYMO_API RateLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `events`: clamped to 1 … 2^24 - 1. `interval` counts in whole
  /// milliseconds.
  constexpr RateLimit(std::uint32_t events, std::chrono::milliseconds interval) noexcept
      : events_(events == 0           ? 1
                : events > kMaxEvents ? kMaxEvents
                                      : events),
        interval_(interval.count() < 0 ? std::chrono::milliseconds(0) : interval) {}

  /// If one more event may pass: the number suppressed since the last that passed. Else nothing.
  [[nodiscard]] std::optional<std::uint64_t> admit(Time now = std::chrono::steady_clock::now()) noexcept;

  /// Suppressed events that no message has told yet.
  [[nodiscard]] std::uint64_t suppressed() const noexcept {
    return suppressed_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t kMaxEvents = (1U << 24U) - 1;

  [[nodiscard]] bool takes_place(std::uint64_t milliseconds) noexcept;

  const std::uint64_t events_;
  const std::chrono::milliseconds interval_;
  /// Start of the interval, in milliseconds, above the 24 bits that count the events passed in it.
  std::atomic<std::uint64_t> window_{0};
  std::atomic<std::uint64_t> suppressed_{0};
};

/// Logs the event where the limit lets it pass, with `suppressed` as its last field if events were suppressed
/// before. An event below the Logger's level does not count against the limit.
KYMO_API void log_limited(RateLimit& limit, const Logger& logger, Level level, std::string_view message,
                          std::initializer_list<Field> fields = {}) noexcept;

}  // namespace kymo::KYMO_ABI::log

/// Logs one event an interval from this line of the source, over all threads:
///
///     KYMO_LOG_LIMITED(logger, log::Level::warning, 1s, "packet refused", {{"peer", peer}});
///
/// The interval is fixed by the first call.
#define KYMO_LOG_LIMITED(logger, level, interval, ...)                     \
  do {                                                                     \
    static ::kymo::log::RateLimit kymo_rate_limit(1, (interval));          \
    ::kymo::log::log_limited(kymo_rate_limit, logger, level, __VA_ARGS__); \
  } while (false)
