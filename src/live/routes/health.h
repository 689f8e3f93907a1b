#pragma once

#include <functional>
#include <string>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// GET /healthz: 200 as long as the process responds at all. Never blocks.
[[nodiscard]] Route healthz_route();

/// GET /readyz: 200 while `why_not_ready()`, which must not block, is empty; otherwise 503 with its text.
[[nodiscard]] Route readyz_route(std::function<std::string()> why_not_ready);

}  // namespace kymo::KYMO_ABI::live
