#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "template_value.h"

/// Instants, months and durations as Go's package time writes them. Threads: any.
namespace kymo::KYMO_ABI::alert {

/// An instant of the Gregorian calendar, in UTC.
struct CivilTime {
  std::int64_t year = 1970;
  unsigned month = 1;     ///< from 1
  unsigned day = 1;       ///< from 1
  unsigned weekday = 0;   ///< 0: Sunday
  unsigned year_day = 1;  ///< from 1
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

[[nodiscard]] CivilTime civil_time(const Instant& instant) noexcept;

/// time.Time.Format() with a layout such as `2006-01-02 15:04:05`.
[[nodiscard]] std::string format_time(const Instant& instant, std::string_view layout);
/// time.Time.String(), such as `2006-01-02 15:04:05 +0000 UTC`.
[[nodiscard]] std::string time_text(const Instant& instant);
/// time.Duration.String(), such as `1h30m0s`.
[[nodiscard]] std::string duration_text(std::int64_t nanoseconds);
/// `January`; as Go has it, `%!Month(13)` for a number that is no month.
[[nodiscard]] std::string month_text(std::int64_t month);
[[nodiscard]] std::string weekday_text(std::int64_t weekday);

}  // namespace kymo::KYMO_ABI::alert
