#include <kymo/base/amount_text.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <utility>

namespace kymo::KYMO_ABI::base {
namespace {

struct Step {
  double from;
  double factor;
  std::string_view suffix;
};

// A unit begins where the smaller unit would be rounded up to a thousand.
constexpr std::array kSmall = {Step{0.9995, 1, "s"}, Step{999.5e-6, 1e3, "ms"}, Step{999.5e-9, 1e6, "us"},
                               Step{0, 1e9, "ns"}};
constexpr std::array kLarge = {Step{999.5e15, 1e-18, "E"}, Step{999.5e12, 1e-15, "P"},
                               Step{999.5e9, 1e-12, "T"},  Step{999.5e6, 1e-9, "G"},
                               Step{999.5e3, 1e-6, "M"},   Step{9999.5, 1e-3, "k"}};
constexpr double kMostScaled = 999.5e18;
constexpr std::array<std::string_view, 7> kBinary = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr double kMostOfAUnit = 999.5;
constexpr std::size_t kLongestUnit = 16;

// Beyond these two, numbers are powers of ten: `2.00e-5`, `1.70e300`.
constexpr double kLeastWithoutPower = 0.0000995;
constexpr double kMostWithoutPower = 999'999.5;

// More seconds are a time since 1970, and no duration: 31 years and more.
constexpr double kFirstDate = 1e9;
constexpr double kLastDate = 1e11;

constexpr double kDay = 86400;
constexpr double kMostDays = 100'000;

/// std::to_chars() rounds a tie to the even digit, a browser away from zero; this function too.
std::string fixed(double value, int decimals) {
  const bool is_tie = std::fmod(std::ldexp(std::abs(value), decimals + 1), 2) == 1;
  if (is_tie) value = std::nextafter(value, std::copysign(HUGE_VAL, value));
  std::array<char, 400> text;  // the largest double has 309 digits
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  return {text.data(), result.ptr};
}

/// `times` 10 to that power.
std::string power_text(double value, int times = 0) {
  std::array<char, 40> text;
  const auto shortest =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  const char* const e = std::find(text.data(), shortest.ptr, 'e');
  double mantissa = 0;
  std::from_chars(text.data(), e, mantissa);
  int power = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, shortest.ptr, power);
  if (std::abs(mantissa) >= 9.995) {
    mantissa = std::copysign(1, mantissa);
    ++power;
  }
  return fixed(mantissa, 2) + "e" + std::to_string(power + times);
}

int decimals_of(double size) {
  if (size >= 9.995) return size >= 99.95 ? 0 : 1;
  if (size >= 0.0995) return 2;
  if (size >= 0.00995) return 3;
  return size >= 0.000995 ? 4 : 5;
}

/// Three significant digits, two below 1; a whole number is a count and has no decimals. Trailing zeros stay:
/// numbers must not jump.
std::string digits(double value) {
  const double size = std::abs(value);
  if (size >= kMostWithoutPower) return power_text(value);
  if (value == std::trunc(value)) return fixed(value == 0 ? 0 : value, 0);
  return size < kLeastWithoutPower ? power_text(value) : fixed(value, decimals_of(size));
}

/// Below a tenth with three decimals, if these are not all zero.
std::string thousandths(double value) {
  return value >= 0.001 && value < 0.0995 ? fixed(value, 3) : digits(value);
}

std::string joined(const std::string& number, std::string_view unit) {
  if (unit.empty()) return number;
  return unit == "%" ? number + "%" : number + " " + std::string(unit);
}

std::string scaled(double value, std::string_view suffix) {
  const double size = std::abs(value);
  const auto* step =
      std::find_if(kLarge.begin(), kLarge.end(), [&](const Step& s) { return size >= s.from; });
  if (size >= kMostScaled || step == kLarge.end())
    return joined(digits(value), suffix.starts_with(' ') ? suffix.substr(1) : suffix);
  return joined(digits(value * step->factor), std::string(step->suffix) + std::string(suffix));
}

std::string bytes(double value, std::string_view suffix) {
  std::size_t step = 0;
  double part = value;
  for (; std::abs(part) >= kMostOfAUnit && step < kBinary.size(); ++step) part /= 1024;
  if (step == kBinary.size()) return joined(power_text(value), "B" + std::string(suffix));
  return joined(digits(part), std::string(kBinary[step]) + std::string(suffix));
}

std::string seconds(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0 s";
  if (size >= 119.5) return duration_text(value);
  const auto* step =
      std::find_if(kSmall.begin(), kSmall.end(), [&](const Step& s) { return size >= s.from; });
  return joined(digits(value * step->factor), step->suffix);
}

/// A share below 1 never reads as 100 %.
std::string percent(double value) {
  if (value < 1 && value >= 0.9995) return "99.9";
  const double hundredths = value * 100;
  return std::isfinite(hundredths) ? digits(hundredths) : power_text(value, 2);
}

/// Local date and time of day.
std::string date_text(double unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  std::array<char, 32> text{};
  if (localtime_r(&time, &parts) == nullptr) return "-";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

/// A longer unit ends with `~` in place of its last letter.
std::string short_unit(std::string_view unit) {
  std::string words;
  std::size_t letters = 0;
  for (const char c : unit) {
    const bool begins_letter = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (begins_letter && ++letters > kLongestUnit) break;
    words += c == '_' ? ' ' : c;
  }
  if (letters <= kLongestUnit) return words;
  while ((static_cast<unsigned char>(words.back()) & 0xC0U) == 0x80U) words.pop_back();
  words.back() = '~';
  return words;
}

bool is_whole(double value) { return value == std::trunc(value); }

/// `factor` times the value, with that many decimals. Cuts where rounding would reach a limit of `is_limit`.
template <class IsLimit>
std::string cut_text(double value, int decimals, IsLimit is_limit, double factor = 1) {
  const std::string text = fixed(value * factor, decimals);
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded / factor > value && is_limit(rounded) ? fixed(rounded - std::pow(10, -decimals), decimals)
                                                       : text;
}

}  // namespace

std::string amount_text(double value, std::string_view unit) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (unit == "ratio") return joined(percent(value), "%");
  if (unit == "ratio/s") return joined(percent(value), "%/s");
  if (unit == "seconds") return seconds(value);
  if (unit == "milliseconds") return seconds(value / 1000);
  if (unit == kUnixSeconds)
    return value >= kFirstDate && value < kLastDate ? date_text(value) : seconds(value);
  if (unit == kUnixMilliseconds) return amount_text(value / 1000, kUnixSeconds);
  if (unit == "bytes") return bytes(value, "");
  if (unit == "bytes_per_second" || unit == "bytes/s") return bytes(value, "/s");
  if (unit == "seconds/s") return joined(digits(value), "s/s");
  if (unit == "/s") return scaled(value, "/s");
  if (unit == "cores") return joined(thousandths(value), value == 1 ? "core" : "cores");
  return scaled(value, unit.empty()            ? ""
                       : unit.starts_with('/') ? std::string(unit)
                                               : std::string(" ").append(short_unit(unit)));
}

std::string cut_ratio_text(double share) {
  const double hundredths = share * 100;
  if (!(hundredths >= 0.01 && hundredths < 1000) || is_whole(hundredths)) return amount_text(share, "ratio");
  const int decimals = hundredths >= 100 ? 0 : hundredths >= 10 ? 1 : hundredths >= 0.1 ? 2 : 3;
  const auto is_limit = [](double rounded) { return is_whole(rounded) || rounded == 0.1; };
  return cut_text(share, decimals, is_limit, 100) + "%";
}

std::string score_text(double score) {
  if (!(std::abs(score) < 1e6)) return amount_text(score);
  return cut_text(score, 0, [](double rounded) { return is_whole(rounded / 5); });
}

std::string factor_text(double value) {
  if (!(value >= 0.001 && value < 1000)) return amount_text(value);
  return cut_text(value, value < 0.1 ? 3 : 2,
                  [](double rounded) { return is_whole(std::round(rounded * 100) / 10); });
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return amount_text(seconds);
  const double size = std::abs(seconds);
  const std::string sign = seconds < 0 && size >= 0.5 ? "-" : "";
  if (size >= kMostDays * kDay) return sign + digits(size / kDay) + " d";
  const double nearest = std::round(size);
  const double step = nearest >= kDay ? 3600 : nearest >= 3600 ? 60 : 1;
  const auto whole = static_cast<std::int64_t>(std::round(size / step) * step);
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
  return text.empty() ? "0 s" : sign + text;
}

std::string rate_unit(std::string_view unit) {
  if (unit.empty()) return "/s";
  return unit == "bytes" ? "bytes_per_second" : std::string(unit) + "/s";
}

}  // namespace kymo::KYMO_ABI::base
