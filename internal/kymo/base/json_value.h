#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

struct JsonField;

/// A parsed JSON value.
struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonField>;  ///< in order; each name once

  // Defined where the types of the lists are complete.
  JsonValue();
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(JsonValue&&) noexcept;
  ~JsonValue();

  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> held;
};

/// A name in an object, and its value.
struct JsonField {
  std::string name;
  JsonValue value;
};

/// The place and fault of an invalid text: `at byte 12: expected a value`.
struct JsonError {
  std::string message;
};

/// Limits of a JSON text; the defaults are for texts of strangers.
struct JsonLimits {
  int levels = 8;           ///< of values inside one another
  std::size_t fields = 64;  ///< of an object
};

/// Reads one JSON text (RFC 8259) in valid UTF-8. Stricter than the RFC, because input comes from strangers:
/// no text beyond the limits, no repeated name in an object, no number beyond a double, no lone surrogates.
/// Threads: any. Errors: in the result; throws nothing but `std::bad_alloc`. Cost: a walk over the text. Each
/// name is compared with the earlier ones of its object.
[[nodiscard]] std::variant<JsonValue, JsonError> read_json(std::string_view text, JsonLimits limits = {});

/// The value below a name; null where the object lacks it.
[[nodiscard]] inline const JsonValue* find(const JsonValue::Object& object, std::string_view name) noexcept {
  for (const JsonField& field : object) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

/// The value below a name, if it has the type T of JsonValue::held; otherwise null.
template <class T>
[[nodiscard]] const T* find_as(const JsonValue::Object& object, std::string_view name) noexcept {
  const JsonValue* value = find(object, name);
  return value == nullptr ? nullptr : std::get_if<T>(&value->held);
}

}  // namespace kymo::KYMO_ABI::base
