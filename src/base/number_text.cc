#include <kymo/base/number_text.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kymo::KYMO_ABI::base {
namespace {

constexpr double kExactWhole = 0x1p53;

bool is_negative_zero(double number) noexcept { return number == 0 && std::signbit(number); }

bool is_exact_whole(double number) noexcept {
  return std::abs(number) <= kExactWhole && std::trunc(number) == number && !is_negative_zero(number);
}

}  // namespace

char* put_number(char* at, double number) noexcept {
  if (is_exact_whole(number)) return put_number(at, static_cast<std::int64_t>(number));
  if (std::isnan(number)) return put_text(at, "NaN");
  if (std::isinf(number)) return put_text(at, number > 0 ? "+Inf" : "-Inf");
  // Without the point, readers that try integers first would read it as 0.
  if (is_negative_zero(number)) return put_text(at, "-0.0");
  return std::to_chars(at, at + kMaxNumberBytes, number).ptr;
}

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

}  // namespace kymo::KYMO_ABI::base
