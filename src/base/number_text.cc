#include <kymo/base/number_text.h>

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

}  // namespace kymo::KYMO_ABI::base
