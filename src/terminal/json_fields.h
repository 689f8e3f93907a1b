#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::terminal {

// Fields of a server's response. A missing field, or one of another type, is empty or NaN: a server of
// another version is shown as far as possible.

/// A text, or a number as text.
[[nodiscard]] std::string text_field(const boost::json::object& fields, std::string_view key);
[[nodiscard]] double number_field(const boost::json::object& fields, std::string_view key);
/// The object below a key; an empty one if missing.
[[nodiscard]] const boost::json::object& object_field(const boost::json::object& fields,
                                                      std::string_view key);

}  // namespace kymo::KYMO_ABI::terminal
