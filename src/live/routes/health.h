#pragma once

#include <functional>

#include <kymo/live/route.h>

namespace kymo::live {

/// GET /healthz: 200 as long as the process answers at all. Blocks on nothing.
[[nodiscard]] Route healthz_route();

/// GET /readyz: 200 while `ready()`, which must not block; else 503.
[[nodiscard]] Route readyz_route(std::function<bool()> ready);

}  // namespace kymo::live
