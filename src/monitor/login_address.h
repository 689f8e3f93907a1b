#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// Whether it is a place of this server that a browser may be sent to: a path, of the characters of an
/// address.
/// `//host` and what browsers take for it are none (open redirects), nor is the login page itself.
[[nodiscard]] bool is_own_place(std::string_view place) noexcept;

/// The login page, for who wants to `next`: `/login?next=%2Fapi`; safe in a header and in HTML. Just `/login`
/// for the dashboard, and where that is no place of this server.
[[nodiscard]] std::string login_address(std::string_view next);

}  // namespace kymo::KYMO_ABI::monitor
