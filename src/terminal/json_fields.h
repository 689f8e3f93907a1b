#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kymo/base/json_value.h>

namespace kymo::KYMO_ABI::terminal {

// Fields of a server's response. A missing field, or one of another type, is empty or kUnknown: a server of
// another version is shown as far as possible.

using base::JsonValue;

/// The object that a server's text holds; nothing for any other text.
[[nodiscard]] std::optional<JsonValue::Object> parse_object(std::string_view text);

/// A number of the protocol, where `"inf"` and `"-inf"` stand for infinities.
[[nodiscard]] double number_of(const JsonValue& value);

/// A text, or a number as text.
[[nodiscard]] std::string text_field(const JsonValue::Object& fields, std::string_view key);
[[nodiscard]] double number_field(const JsonValue::Object& fields, std::string_view key);
/// False if missing.
[[nodiscard]] bool flag_field(const JsonValue::Object& fields, std::string_view key);
[[nodiscard]] const JsonValue::Object& object_field(const JsonValue::Object& fields, std::string_view key);
[[nodiscard]] const JsonValue::Array& list_field(const JsonValue::Object& fields, std::string_view key);

}  // namespace kymo::KYMO_ABI::terminal
