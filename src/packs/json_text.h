#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kymo::packs {

/// Seconds since 1970, in whole milliseconds.
[[nodiscard]] inline double unix_seconds(std::chrono::system_clock::time_point time) noexcept {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1000;
}

/// Appends one JSON object to a string, member by member. The layer `format` has a writer too, which packs
/// may not include; this one knows just what the stream's messages need.
///
/// Valid JSON (RFC 8259), whatever the texts: bytes that are not UTF-8 become U+FFFD, numbers that are not
/// finite null. Numbers have six decimals at most.
class JsonText final {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  /// The text's own object or array; without a key inside an array.
  void open(char bracket, std::string_view key = {});
  void close(char bracket);

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, double value);
  /// Exactly these types: a literal would rather become a bool than a string_view.
  void add(std::string_view key, std::same_as<std::uint64_t> auto value) {
    begin(key);
    out_ += std::to_string(value);
  }
  void add(std::string_view key, std::same_as<bool> auto value) {
    begin(key);
    out_ += value ? "true" : "false";
  }
  void add(std::string_view key, const std::optional<double>& value);
  /// An element of an array.
  void element(std::string_view value);

 private:
  void begin(std::string_view key);
  void append_quoted(std::string_view text);

  std::string& out_;
  bool first_ = true;
};

}  // namespace kymo::packs
