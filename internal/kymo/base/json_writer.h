#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/base/json_layout.h>

namespace kymo::KYMO_ABI::base {

/// Appends JSON to a string; adds commas and indentation itself.
///
/// The output is valid JSON (RFC 8259) if begin_… and end_… come in pairs, and each value in an object
/// follows a key. Bytes that are not UTF-8 become U+FFFD; numbers that are not finite become null.
class JsonWriter final {
 public:
  explicit JsonWriter(std::string& out, JsonLayout layout = JsonLayout::compact)
      : out_(out), layout_(layout) {}

  void begin_object() { begin('{'); }
  void begin_object(std::string_view name) { key(name), begin('{'); }
  void end_object() { end('}'); }
  void begin_array(std::string_view name) { key(name), begin('['); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  void key(std::string_view name);
  void value(std::string_view text);
  void value(std::uint64_t number) { append_number(number); }
  void value(std::int64_t number) { append_number(number); }
  void value(double number);
  template <class... Numbers>
  void value(const std::variant<Numbers...>& number) {
    std::visit([this](auto held) { this->value(held); }, number);
  }
  /// Takes a bool exactly: a literal would rather become a bool than a string_view.
  void value(std::same_as<bool> auto is_so) { literal(is_so ? "true" : "false"); }
  template <class Value>
  void value(const std::optional<Value>& content) {
    content ? value(*content) : null();
  }
  void null() { literal("null"); }
  /// A value that is JSON already.
  void raw(std::string_view json) { literal(json); }

  template <class Value>
  void field(std::string_view name, const Value& content) {
    key(name);
    value(content);
  }
  /// A field that is a list of objects: `write_fields(item)` writes those of one.
  template <class Items, class WriteFields>
  void objects(std::string_view name, const Items& items, WriteFields write_fields) {
    begin_array(name);
    for (const auto& item : items) {
      begin_object();
      write_fields(item);
      end_object();
    }
    end_array();
  }

 private:
  void begin(char bracket);
  void end(char bracket);
  void next();
  void literal(std::string_view text);
  void break_line();
  template <class Integer>
  void append_number(Integer number);
  void append_string(std::string_view text);

  std::string& out_;
  JsonLayout layout_;
  std::size_t depth_ = 0;
  bool first_ = true;       // in the innermost object or array
  bool after_key_ = false;  // the value comes on the same line
};

}  // namespace kymo::KYMO_ABI::base
