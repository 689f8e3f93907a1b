#include "duration_text.h"

#include <charconv>
#include <cstdint>
#include <string>

#include <kymo/net/json_error.h>

namespace kymo::live {
namespace {

constexpr std::size_t kLongestDurationShown = 200;
constexpr std::int64_t kLongest = std::int64_t{10} * 366 * 24 * 3600;

/// In seconds; 0 where it is none.
std::int64_t unit_seconds(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return std::int64_t{24} * 3600;
    default: return 0;
  }
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::int64_t last_unit = kLongest;
  const bool is_plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  while (!text.empty()) {
    std::uint32_t count = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    const std::int64_t unit = is_plain ? 1 : text.empty() ? 0 : unit_seconds(text.front());
    if (unit == 0 || unit >= last_unit) return std::nullopt;  // the largest first, each once
    if (!text.empty()) text.remove_prefix(1);
    last_unit = unit;
    total += count * unit;
    if (total > kLongest) return std::nullopt;
  }
  if (total == 0) return std::nullopt;
  return std::chrono::seconds(total);
}

net::HttpResponse bad_duration(std::string_view text) {
  return net::json_error(400,
                         "duration is how far to look back, and \"" +
                             std::string(text.substr(0, kLongestDurationShown)) + "\" is no length of time",
                         "write it as 90s, 5m or 1h30m, or leave it out");
}

}  // namespace kymo::live
