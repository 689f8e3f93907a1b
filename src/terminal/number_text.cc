#include "number_text.h"

#include <array>
#include <cmath>
#include <ctime>

namespace kymo::KYMO_ABI::terminal {

namespace {

std::string local_text(double unix_seconds, const char* format) {
  if (!(std::abs(unix_seconds) < 1e12)) return "-";
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  if (localtime_r(&time, &parts) == nullptr) return "-";
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), size};
}

}  // namespace

std::string clock_text(double unix_seconds) { return local_text(unix_seconds, "%H:%M:%S"); }

std::string date_text(double unix_seconds) { return local_text(unix_seconds, "%m-%d %H:%M"); }

}  // namespace kymo::KYMO_ABI::terminal
