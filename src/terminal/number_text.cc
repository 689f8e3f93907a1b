#include "number_text.h"

#include <array>
#include <cmath>
#include <ctime>

namespace kymo::terminal {

std::string clock_text(double unix_seconds) {
  if (!(std::abs(unix_seconds) < 1e12)) return "-";
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  if (localtime_r(&time, &parts) == nullptr) return "-";
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return {text.data(), size};
}

}  // namespace kymo::terminal
