#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include <kymo/log/logger.h>

namespace kymo::KYMO_ABI::log {

/// How many events of one place may pass: so many in an interval, which begins with the first of them.
///
///     static constinit log::RateLimit limit(10, 1s);
///     log_limited(limit, logger, log::Level::warning, "packet refused", {{"peer", peer}});
///
/// Nothing is lost unseen: what passes tells how many did not since the one before. Threads: any. Cost: a
/// reading of the clock and one or two atomic operations; no lock.
class KYMO_API RateLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `events`: at least 1 and less than 2^24; what is beyond is taken as the nearest. `interval` counts in
  /// whole milliseconds.
  constexpr RateLimit(std::uint32_t events, std::chrono::milliseconds interval) noexcept
      : events_(events == 0           ? 1
                : events > kMaxEvents ? kMaxEvents
                                      : events),
        interval_(interval.count() < 0 ? std::chrono::milliseconds(0) : interval) {}

  /// Whether one more may pass, and then how many did not since the last that did.
  [[nodiscard]] std::optional<std::uint64_t> admit(Time now = std::chrono::steady_clock::now()) noexcept;

  /// Those that did not pass and have not been told of yet.
  [[nodiscard]] std::uint64_t suppressed() const noexcept {
    return suppressed_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t kMaxEvents = (1U << 24U) - 1;

  [[nodiscard]] bool takes_place(std::uint64_t milliseconds) noexcept;

  const std::uint64_t events_;
  const std::chrono::milliseconds interval_;
  /// When the interval began, in milliseconds, above the 24 bits of how many have passed in it.
  std::atomic<std::uint64_t> window_{0};
  std::atomic<std::uint64_t> suppressed_{0};
};

/// Logs the event where the limit lets it pass, with `suppressed` as its last field where some did not
/// before. An event below the Logger's level is none for the limit either.
KYMO_API void log_limited(RateLimit& limit, const Logger& logger, Level level, std::string_view message,
                          std::initializer_list<Field> fields = {}) noexcept;

}  // namespace kymo::KYMO_ABI::log

/// One event an interval from this line of the source, whatever thread runs it:
///
///     KYMO_LOG_LIMITED(logger, log::Level::warning, 1s, "packet refused", {{"peer", peer}});
///
/// The interval is what it was the first time.
#define KYMO_LOG_LIMITED(logger, level, interval, ...)                     \
  do {                                                                     \
    static ::kymo::log::RateLimit kymo_rate_limit(1, (interval));          \
    ::kymo::log::log_limited(kymo_rate_limit, logger, level, __VA_ARGS__); \
  } while (false)
