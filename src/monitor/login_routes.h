#pragma once

#include <functional>
#include <vector>

#include <kymo/live/route.h>

#include "access_guard.h"

namespace kymo::KYMO_ABI::monitor {

/// The way in for a browser: `/login` asks for the token and gives a cookie that names a login of seven days.
/// No script reads the cookie, and no page elsewhere makes a browser send it; over TLS it stays there. A POST
/// to `/logout` ends the login and calls `on_logout`, for what the login still holds open. 404 while no token
/// is asked. The guard must outlive the routes.
[[nodiscard]] std::vector<live::Route> login_routes(AccessGuard& guard, std::function<void()> on_logout);

}  // namespace kymo::KYMO_ABI::monitor
