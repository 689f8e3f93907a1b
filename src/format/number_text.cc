#include "number_text.h"

#include <algorithm>
#include <cmath>

namespace kymo::format {
namespace {

constexpr double kExactWhole = 0x1p53;

char* put_not_finite(char* at, double number) noexcept {
  if (std::isnan(number)) return put_text(at, "NaN");
  return put_text(at, number > 0 ? "+Inf" : "-Inf");
}

bool is_negative_zero(double number) noexcept { return number == 0 && std::signbit(number); }

bool is_exact_whole(double number) noexcept {
  return std::abs(number) <= kExactWhole && std::trunc(number) == number && !is_negative_zero(number);
}

}  // namespace

char* put_number(char* at, double number) noexcept {
  if (is_exact_whole(number)) return put_number(at, static_cast<std::int64_t>(number));
  if (!std::isfinite(number)) return put_not_finite(at, number);
  // Without the point, readers that try integers first would take it for 0.
  if (is_negative_zero(number)) return put_text(at, "-0.0");
  return std::to_chars(at, at + kMaxNumberBytes, number).ptr;
}

char* put_canonical(char* at, double number) noexcept {
  if (!std::isfinite(number)) return put_not_finite(at, number);
  // The specification's target is Go's %g: an exponent below 1e-4 and from 1e6 on.
  const double magnitude = std::abs(number);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    return std::to_chars(at, at + kMaxNumberBytes, number, std::chars_format::scientific).ptr;
  }
  char* end = std::to_chars(at, at + kMaxNumberBytes, number, std::chars_format::fixed).ptr;
  return std::find(at, end, '.') == end ? put_text(end, ".0") : end;
}

char* put_unix_time(char* at, std::chrono::system_clock::time_point time) noexcept {
  using std::chrono::milliseconds;
  const std::int64_t ms = std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
  if (ms < 0) return put_number(at, static_cast<double>(ms) / 1000);
  at = put_number(at, ms / 1000);
  *at++ = '.';
  const auto fraction = static_cast<unsigned>(ms % 1000);
  *at++ = static_cast<char>('0' + fraction / 100);
  *at++ = static_cast<char>('0' + fraction / 10 % 10);
  *at++ = static_cast<char>('0' + fraction % 10);
  return at;
}

}  // namespace kymo::format
