#pragma once

#include <string>
#include <vector>

#include <kymo/terminal/roles.h>
#include <kymo/terminal/sessions.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

struct Reason {
  Level level = Level::degraded;
  std::string text;
};

/// Is the server well, and if not, why.
struct Verdict {
  Level level = Level::well;
  std::string title;            ///< `This server is well`
  std::vector<Reason> reasons;  ///< the worst first
};

/// Rules over metrics that are known to mean something, of the dashboard's words and limits
/// (web/src/base/verdict.ts). A rule that lacks its metric says nothing. `sessions` may be null.
[[nodiscard]] Verdict judge(const World& world, const Roles& roles, const Sessions* sessions);

}  // namespace kymo::KYMO_ABI::terminal
