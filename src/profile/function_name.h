#pragma once

#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::profile {

/// Extracts the qualified name from a compiler's function name: "room::Room::mix" from "void
/// room::Room::mix(int) const [with T = int]". Returns an unparsable text whole. Async-signal-safe.
///
/// Source: the output of g++ 12 and clang 19; tests/profile/function_names.cc has the forms.
[[nodiscard]] std::string_view qualified_name(std::string_view function) noexcept;

}  // namespace kymo::KYMO_ABI::profile
