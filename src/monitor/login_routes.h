#pragma once

#include <functional>
#include <vector>

#include <kymo/live/route.h>

#include "access_guard.h"

namespace kymo::KYMO_ABI::monitor {

/// The login for browsers: `/login` asks for the token and sets a cookie of a seven-day login. No script can
/// read the cookie, and no page elsewhere can make a browser send it; over TLS it stays on TLS. A POST to
/// `/logout` ends the login and calls `on_logout`, to close the login's connections. 404 while no token is
/// required. The guard must outlive the routes.
[[nodiscard]] std::vector<live::Route> login_routes(AccessGuard& guard, std::function<void()> on_logout);

}  // namespace kymo::KYMO_ABI::monitor
