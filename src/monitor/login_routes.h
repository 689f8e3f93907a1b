#pragma once

#include <vector>

#include <kymo/live/route.h>

#include "access_guard.h"

namespace kymo::monitor {

/// The way in for a browser: `/login` asks for the token and keeps it in a cookie that no script reads and
/// that is sent to pages of this server only, over TLS where it was given over TLS; a POST to `/logout`
/// forgets it. 404 while no token is asked. The guard must outlive them.
[[nodiscard]] std::vector<live::Route> login_routes(AccessGuard& guard);

}  // namespace kymo::monitor
