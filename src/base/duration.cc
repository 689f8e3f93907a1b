#include <kymo/base/duration.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace kymo::KYMO_ABI::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Descending: text uses the largest that fits, and the parts of a duration come in this order.
constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::string_view kDigits = "0123456789";

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  bool is_too_long = false;
  auto allowed = kUnits.begin();
  while (!text.empty()) {
    const std::string_view digits = text.substr(0, text.find_first_not_of(kDigits));
    text.remove_prefix(digits.size());
    const std::string_view name = text.substr(0, text.find_first_of(kDigits));
    text.remove_prefix(name.size());
    const auto unit = std::find_if(allowed, kUnits.end(), [&](const Unit& one) { return one.name == name; });
    if (digits.empty() || unit == kUnits.end()) return std::nullopt;
    allowed = unit + 1;
    std::int64_t part = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), part);
    is_too_long = is_too_long || read.ec != std::errc() ||
                  __builtin_mul_overflow(part, unit->milliseconds, &part) ||
                  __builtin_add_overflow(total, part, &total);
  }
  return is_too_long ? std::chrono::milliseconds::max() : std::chrono::milliseconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  std::string text;
  for (const Unit& unit : kUnits) {
    if (rest < unit.milliseconds) continue;
    text += std::to_string(rest / unit.milliseconds) + std::string(unit.name);
    rest %= unit.milliseconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace kymo::KYMO_ABI::base
