#include "number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace kymo::KYMO_ABI::format {

char* put_canonical(char* at, double number) noexcept {
  if (!std::isfinite(number)) return put_number(at, number);
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

}  // namespace kymo::KYMO_ABI::format
