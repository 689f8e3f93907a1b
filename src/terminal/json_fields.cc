#include "json_fields.h"

#include <array>
#include <limits>
#include <utility>
#include <variant>

#include <kymo/base/number_text.h>
#include <kymo/base/utf8.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

/// Wider than for texts of strangers: the user has chosen the server, and a family nests nine deep.
constexpr base::JsonLimits kLimits{.levels = 16, .fields = 256};

}  // namespace

std::optional<JsonValue::Object> parse_object(std::string_view text) {
  if (!base::is_utf8(text)) return std::nullopt;
  auto read = base::read_json(text, kLimits);
  auto* const value = std::get_if<JsonValue>(&read);
  auto* const object = value == nullptr ? nullptr : std::get_if<JsonValue::Object>(&value->held);
  if (object == nullptr) return std::nullopt;
  return std::move(*object);
}

double number_of(const JsonValue& value) {
  if (const auto* number = std::get_if<double>(&value.held)) return *number;
  if (const auto* text = std::get_if<std::string>(&value.held)) {
    if (*text == "inf") return std::numeric_limits<double>::infinity();
    if (*text == "-inf") return -std::numeric_limits<double>::infinity();
  }
  return kUnknown;
}

std::string text_field(const JsonValue::Object& fields, std::string_view key) {
  if (const auto* text = base::find_as<std::string>(fields, key)) return *text;
  const auto* number = base::find_as<double>(fields, key);
  if (number == nullptr) return {};
  std::array<char, base::kMaxNumberBytes> text;
  return {text.data(), base::put_number(text.data(), *number)};
}

double number_field(const JsonValue::Object& fields, std::string_view key) {
  const JsonValue* value = base::find(fields, key);
  return value == nullptr ? kUnknown : number_of(*value);
}

bool flag_field(const JsonValue::Object& fields, std::string_view key) {
  const auto* flag = base::find_as<bool>(fields, key);
  return flag != nullptr && *flag;
}

const JsonValue::Object& object_field(const JsonValue::Object& fields, std::string_view key) {
  static const JsonValue::Object none;
  const auto* object = base::find_as<JsonValue::Object>(fields, key);
  return object == nullptr ? none : *object;
}

const JsonValue::Array& list_field(const JsonValue::Object& fields, std::string_view key) {
  static const JsonValue::Array none;
  const auto* list = base::find_as<JsonValue::Array>(fields, key);
  return list == nullptr ? none : *list;
}

}  // namespace kymo::KYMO_ABI::terminal
