#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

struct JsonField;

/// A JSON value as it was read.
struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonField>;  ///< in order; each name once

  // Where the types of the lists are complete.
  JsonValue();
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(JsonValue&&) noexcept;
  ~JsonValue();

  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> held;
};

/// A name of an object and its value.
struct JsonField {
  std::string name;
  JsonValue value;
};

/// Why a text is no JSON: `at byte 12: expected a value`.
struct JsonError {
  std::string message;
};

/// Reads one JSON text (RFC 8259), UTF-8 already. Stricter than it must be, since what is read comes from
/// strangers: eight levels deep at most, no name twice in an object, no number beyond a double, no lone
/// surrogates. Threads: any. Errors: in the result; throws nothing but `std::bad_alloc`. Cost: a walk over
/// the text; names are compared with all before them in their object, of which there may be 64.
[[nodiscard]] std::variant<JsonValue, JsonError> read_json(std::string_view text);

}  // namespace kymo::KYMO_ABI::base
