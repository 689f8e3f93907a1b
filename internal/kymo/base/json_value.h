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

/// Reads one JSON text (RFC 8259) in valid UTF-8. Stricter than the RFC, because input comes from strangers:
/// at most eight levels deep, no repeated name in an object, no number beyond a double, no lone surrogates.
/// Threads: any. Errors: in the result; throws nothing but `std::bad_alloc`. Cost: a walk over the text. Each
/// name is compared with the earlier ones of its object, at most 64.
[[nodiscard]] std::variant<JsonValue, JsonError> read_json(std::string_view text);

}  // namespace kymo::KYMO_ABI::base
