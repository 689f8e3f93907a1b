#include <kymo/query/duration_text.h>

#include <algorithm>
#include <array>
#include <limits>

#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::query {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
  bool is_exact;  ///< printed only where nothing remains: `90d` reads better than `12w6d`
};

constexpr std::int64_t kDay = 86'400'000;
constexpr std::array kUnits = {Unit{"y", 365 * kDay, true}, Unit{"w", 7 * kDay, true}, Unit{"d", kDay, false},
                               Unit{"h", 3'600'000, false}, Unit{"m", 60'000, false},  Unit{"s", 1000, false},
                               Unit{"ms", 1, false}};
constexpr std::string_view kDigits = "0123456789";
/// A duration fits into 64 bits of nanoseconds.
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000;

}  // namespace

std::optional<std::int64_t> parse_milliseconds(std::string_view text) noexcept {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  auto allowed = kUnits.begin();
  while (!text.empty()) {
    const std::string_view digits = text.substr(0, text.find_first_not_of(kDigits));
    text.remove_prefix(digits.size());
    const std::string_view name = text.substr(0, text.find_first_of(kDigits));
    text.remove_prefix(name.size());
    const auto unit = std::find_if(allowed, kUnits.end(), [&](const Unit& one) { return one.name == name; });
    const auto number = base::parse_number<std::int64_t>(digits);
    if (!number || unit == kUnits.end()) return std::nullopt;
    allowed = unit + 1;
    if (*number > kMost / unit->milliseconds) return std::nullopt;
    total += *number * unit->milliseconds;
    if (total > kMost) return std::nullopt;
  }
  return total;
}

std::string milliseconds_text(std::int64_t milliseconds) {
  std::string text;
  for (const Unit& unit : kUnits) {
    if (milliseconds < unit.milliseconds || (unit.is_exact && milliseconds % unit.milliseconds != 0))
      continue;
    text += std::to_string(milliseconds / unit.milliseconds) + std::string(unit.name);
    milliseconds %= unit.milliseconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace kymo::KYMO_ABI::query
