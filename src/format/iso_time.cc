#include <kymo/format/iso_time.h>

#include <string_view>

namespace kymo::KYMO_ABI::format {
namespace {

void append_padded(long long number, std::size_t digits, std::string_view behind, std::string& out) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out.append(text).append(behind);
}

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(ms - day);
  std::string out;
  append_padded(static_cast<int>(date.year()), 4, "-", out);
  append_padded(static_cast<unsigned>(date.month()), 2, "-", out);
  append_padded(static_cast<unsigned>(date.day()), 2, "T", out);
  append_padded(clock.hours().count(), 2, ":", out);
  append_padded(clock.minutes().count(), 2, ":", out);
  append_padded(clock.seconds().count(), 2, ".", out);
  append_padded(clock.subseconds().count(), 3, "Z", out);
  return out;
}

}  // namespace kymo::KYMO_ABI::format
