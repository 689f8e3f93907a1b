#include "go_time.h"

#include <array>
#include <chrono>

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

}  // namespace

CivilTime civil_time(const Instant& instant) noexcept {
  using std::chrono::days;
  using std::chrono::floor;
  using std::chrono::seconds;
  using std::chrono::sys_days;
  const seconds at{instant.seconds};
  const days day_count = floor<days>(at);
  const auto rest = static_cast<unsigned>((at - day_count).count());
  // year_month_day ends at the year 32767; 400 years always have the same number of days.
  constexpr days kCycle{146'097};
  const std::int64_t cycles =
      floor<std::chrono::duration<std::int64_t, std::ratio<86'400LL * 146'097>>>(at).count();
  const std::chrono::year_month_day date{sys_days{days{day_count.count() - cycles * kCycle.count()}}};
  const sys_days first{date.year() / std::chrono::January / 1};
  CivilTime civil;
  civil.year = static_cast<int>(date.year()) + cycles * 400;
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.weekday = std::chrono::weekday(sys_days(date)).c_encoding();
  civil.year_day = static_cast<unsigned>((sys_days(date) - first).count()) + 1;
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  return civil;
}

std::string time_text(const Instant& instant) {
  return format_time(instant, "2006-01-02 15:04:05.999999999 -0700 MST");
}

std::string month_text(std::int64_t month) {
  if (month >= 1 && month <= 12) return std::string(kMonths.at(static_cast<std::size_t>(month - 1)));
  return "%!Month(" + std::to_string(static_cast<std::uint64_t>(month)) + ')';
}

std::string weekday_text(std::int64_t weekday) {
  if (weekday >= 0 && weekday <= 6) return std::string(kWeekdays.at(static_cast<std::size_t>(weekday)));
  return "%!Weekday(" + std::to_string(static_cast<std::uint64_t>(weekday)) + ')';
}

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool is_negative = nanoseconds < 0;
  auto size = static_cast<std::uint64_t>(nanoseconds);
  if (is_negative) size = ~size + 1;
  const auto with_fraction = [](std::uint64_t number, std::uint64_t unit) {
    std::string text = std::to_string(number / unit);
    if (number % unit == 0) return text;
    std::string fraction = std::to_string(unit + number % unit);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return text + '.' + fraction.substr(1);
  };
  std::string text;
  if (size < 1000) {
    text = std::to_string(size) + "ns";
  } else if (size < 1'000'000) {
    text = with_fraction(size, 1000) + "\xC2\xB5s";
  } else if (size < 1'000'000'000) {
    text = with_fraction(size, 1'000'000) + "ms";
  } else {
    constexpr std::uint64_t kMinute = 60'000'000'000;
    const std::uint64_t minutes = size / kMinute;
    text = with_fraction(size % kMinute, 1'000'000'000) + 's';
    if (minutes != 0) text = std::to_string(minutes % 60) + 'm' + text;
    if (minutes >= 60) text = std::to_string(minutes / 60) + 'h' + text;
  }
  return is_negative ? '-' + text : text;
}

}  // namespace kymo::KYMO_ABI::alert
