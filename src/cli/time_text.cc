#include "time_text.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace kymo::cli {

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds least,
                                                   std::chrono::milliseconds most) {
  double factor = 1000;
  if (text.ends_with("ms")) {
    factor = 1;
    text.remove_suffix(2);
  } else if (text.ends_with('s')) {
    text.remove_suffix(1);
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const double ms = number * factor;
  if (error != std::errc() || end != text.data() + text.size() ||
      !(ms >= static_cast<double>(least.count())) || ms > static_cast<double>(most.count()))
    return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

}  // namespace kymo::cli
