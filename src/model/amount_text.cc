#include "amount_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace kymo::model {
namespace {

struct Step {
  double from;
  double factor;
  std::string_view suffix;
};

// u for micro: it is one letter in every locale.
constexpr std::array kSmall = {Step{1, 1, "s"}, Step{1e-3, 1e3, "ms"}, Step{1e-6, 1e6, "us"},
                               Step{0, 1e9, "ns"}};
constexpr std::array kLarge = {Step{1e12, 1e-12, "T"}, Step{1e9, 1e-9, "G"}, Step{1e6, 1e-6, "M"},
                               Step{1e4, 1e-3, "k"}};
constexpr std::array<std::string_view, 6> kBinary = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
constexpr std::size_t kLongestUnit = 16;

std::string fixed(double value, int decimals) {
  std::array<char, 400> text;  // the largest double has 309 digits
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return {text.data(), result.ptr};
}

/// Three digits that count; a whole number is a count and has no others. Zeros stay: numbers must not jump.
std::string digits(double value) {
  const double size = std::abs(value);
  if (value == std::trunc(value) && size < 1e6) return fixed(value == 0 ? 0 : value, 0);
  return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

std::string joined(const std::string& number, std::string_view unit) {
  if (unit.empty()) return number;
  return unit == "%" ? number + "%" : number + " " + std::string(unit);
}

std::string scaled(double value, std::string_view suffix) {
  const auto* step =
      std::find_if(kLarge.begin(), kLarge.end(), [&](const Step& s) { return std::abs(value) >= s.from; });
  if (step == kLarge.end()) return joined(digits(value), suffix.starts_with(' ') ? suffix.substr(1) : suffix);
  return joined(digits(value * step->factor), std::string(step->suffix) + std::string(suffix));
}

std::string bytes(double value, std::string_view suffix) {
  std::size_t step = 0;
  for (; std::abs(value) >= 1000 && step + 1 < kBinary.size(); ++step) value /= 1024;
  return joined(digits(value), std::string(kBinary[step]) + std::string(suffix));
}

std::string seconds(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0 s";
  if (size >= 120) return duration_text(value);
  const auto* step =
      std::find_if(kSmall.begin(), kSmall.end(), [&](const Step& s) { return size >= s.from; });
  return joined(digits(value * step->factor), step->suffix);
}

std::string short_unit(std::string_view unit) {
  std::string words(unit.substr(0, kLongestUnit));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

std::string amount_text(double value, std::string_view unit) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (unit == "ratio") return joined(digits(value * 100), "%");
  if (unit == "ratio/s") return joined(digits(value * 100), "%/s");
  if (unit == "seconds") return seconds(value);
  if (unit == "milliseconds") return seconds(value / 1000);
  if (unit == "bytes") return bytes(value, "");
  if (unit == "bytes_per_second" || unit == "bytes/s") return bytes(value, "/s");
  if (unit == "seconds/s") return joined(digits(value), "s/s");
  if (unit == "/s") return scaled(value, "/s");
  if (unit == "cores") {
    return joined(value > 0 && value < 0.1 ? fixed(value, 3) : digits(value), value == 1 ? "core" : "cores");
  }
  return scaled(value, unit.empty()            ? ""
                       : unit.starts_with('/') ? std::string(unit)
                                               : std::string(" ").append(short_unit(unit)));
}

std::string factor_text(double value) {
  if (std::isnan(value)) return "-";
  return fixed(value, value < 0.1 ? 3 : 2);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const auto whole = static_cast<std::int64_t>(std::min(std::abs(seconds), 1e15));
  const std::array<std::pair<std::int64_t, std::string_view>, 4> parts = {
      {{whole / 86400, "d"}, {whole / 3600 % 24, "h"}, {whole / 60 % 60, "min"}, {whole % 60, "s"}}};
  std::string text;
  int shown = 0;
  for (const auto& [count, unit] : parts) {
    if (shown > 0) ++shown;
    if (shown == 0 && count > 0) shown = 1;
    if (shown < 1 || shown > 2 || count == 0) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(count) + " " + std::string(unit);
  }
  return text.empty() ? "0 s" : text;
}

std::string rate_unit(std::string_view unit) {
  if (unit.empty()) return "/s";
  return unit == "bytes" ? "bytes_per_second" : std::string(unit) + "/s";
}

}  // namespace kymo::model
