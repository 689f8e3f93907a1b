#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/base/parse_number.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Parses all of `text` as a decimal whole number. False for anything else, also above 2^64 - 1.
inline bool parse_whole(std::string_view text, std::uint64_t& value) noexcept {
  const auto parsed = base::parse_number<std::uint64_t>(text);
  value = parsed.value_or(value);
  return parsed.has_value();
}

/// True for a kernel count that fell below zero: kernel counts are unsigned, so it reads as a number near
/// 2^64.
constexpr bool is_below_zero(std::uint64_t value) noexcept { return value >= std::uint64_t{1} << 63; }

/// Parses all of `text` as a kernel count; 0 for one that fell below zero.
inline bool parse_count(std::string_view text, std::uint64_t& value) noexcept {
  if (!parse_whole(text, value)) return false;
  if (is_below_zero(value)) value = 0;
  return true;
}

/// The same for a 32-bit kernel level, which reads as a number near 2^32 when below zero. Not for counters,
/// which may reach 2^32.
constexpr std::uint64_t not_below_zero_of_32_bits(std::uint64_t value) noexcept {
  constexpr std::uint64_t kBelowZero = std::uint64_t{1} << 31;
  return value >= kBelowZero && value < 2 * kBelowZero ? 0 : value;
}

/// Parses all of `text` as a finite decimal fraction >= 0.
inline bool parse_decimal(std::string_view text, double& value) noexcept {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto parsed = base::parse_number<double>(text, std::chars_format::fixed);
  value = parsed.value_or(value);
  return parsed.has_value();
}

/// Walks the words of a line, separated by spaces and tabs.
class Words final {
 public:
  Words() = default;
  explicit Words(std::string_view line) noexcept : rest_(line) {}

  bool next(std::string_view& word) noexcept {
    const std::size_t begin = rest_.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      rest_ = {};
      return false;
    }
    rest_.remove_prefix(begin);
    const std::size_t end = rest_.find_first_of(" \t");
    word = rest_.substr(0, end);
    rest_.remove_prefix(word.size());
    return true;
  }

  bool whole(std::uint64_t& value) noexcept {
    std::string_view word;
    return next(word) && parse_whole(word, value);
  }

  bool count(std::uint64_t& value) noexcept {
    std::string_view word;
    return next(word) && parse_count(word, value);
  }

  bool decimal(double& value) noexcept {
    std::string_view word;
    return next(word) && parse_decimal(word, value);
  }

  bool skip(std::size_t words) noexcept {
    std::string_view word;
    for (; words > 0; --words) {
      if (!next(word)) return false;
    }
    return true;
  }

 private:
  std::string_view rest_;
};

/// Walks the complete lines of a kernel file. A last line without a newline is incomplete and
/// skipped.
class Lines final {
 public:
  explicit Lines(std::string_view text) noexcept : rest_(text) {}

  bool next(std::string_view& line) noexcept {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return false;
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  /// Finds the next line with a word: returns its first word and the rest.
  bool next(std::string_view& key, Words& words) noexcept {
    std::string_view line;
    while (next(line)) {
      words = Words(line);
      if (words.next(key)) return true;
    }
    return false;
  }

  /// True when text without a newline is left.
  [[nodiscard]] bool cut_off() const noexcept {
    return !rest_.empty() && rest_.find('\n') == std::string_view::npos;
  }

 private:
  std::string_view rest_;
};

[[nodiscard]] inline std::optional<double> as_double(std::optional<std::uint64_t> value) noexcept {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

}  // namespace kymo::KYMO_ABI::system
