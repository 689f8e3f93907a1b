#pragma once

#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::profile {

/// The qualified name in what a compiler calls a function: "room::Room::mix" of "void room::Room::mix(int)
/// const [with T = int]". What it cannot take apart it gives whole. Async-signal-safe.
///
/// Source: what g++ 12 and clang 19 write; tests/profile/function_names.cc has the forms.
[[nodiscard]] std::string_view qualified_name(std::string_view function) noexcept;

}  // namespace kymo::KYMO_ABI::profile
