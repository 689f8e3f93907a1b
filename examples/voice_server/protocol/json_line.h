#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace voice {

/// Writes one flat JSON object, member by member, beginning with its "type".
///
/// Keys and string values need not be escaped by the caller. Threads: one at a time.
class JsonLine final {
 public:
  explicit JsonLine(std::string_view type) { add("type", type); }

  JsonLine& add(std::string_view key, std::string_view value);
  JsonLine& add(std::string_view key, std::span<const std::string_view> values);
  JsonLine& add(std::string_view key, std::uint64_t value);
  /// Takes a bool exactly: a string literal would rather become a bool than a string_view.
  JsonLine& add(std::string_view key, std::same_as<bool> auto value) {
    return add_literal(key, value ? "true" : "false");
  }
  /// With one decimal; a value that JSON cannot hold (NaN, infinity) as null.
  JsonLine& add(std::string_view key, double value);

  /// Returns the whole object and empties this one.
  [[nodiscard]] std::string take();

 private:
  JsonLine& add_literal(std::string_view key, std::string_view literal);
  void begin_member(std::string_view key);
  void append_quoted(std::string_view value);

  std::string text_ = "{";
};

}  // namespace voice
