#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// True if a browser may be sent to this place of the server: a path of valid URL
/// characters.
/// Refuses `//host` and its browser equivalents (open redirects), and the login page itself.
[[nodiscard]] bool is_own_place(std::string_view place) noexcept;

/// The login page that leads to `next`: `/login?next=%2Fapi`; safe in a header and in HTML. Just `/login` for
/// the dashboard, and if `next` is no place of this server.
[[nodiscard]] std::string login_address(std::string_view next);

}  // namespace kymo::KYMO_ABI::monitor
