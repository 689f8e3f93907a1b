#include "time_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include <kymo/base/duration.h>

namespace kymo::KYMO_ABI::cli {
namespace {

/// Parses one number, perhaps with a fraction, and its unit.
std::optional<std::chrono::milliseconds> read_fraction(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
      {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
  constexpr double kMost = 1e15;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, factor] : kUnits) {
    const double ms = number * factor;
    if (error == std::errc() && unit == name && ms >= 0 && ms < kMost) {
      return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds least,
                                                   std::chrono::milliseconds most) {
  auto time = base::parse_duration(text);
  if (!time) time = read_fraction(text);
  return time && *time >= least && *time <= most ? time : std::nullopt;
}

}  // namespace kymo::KYMO_ABI::cli
