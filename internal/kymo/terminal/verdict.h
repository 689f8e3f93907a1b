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

/// The server's health, with the reasons if it is bad.
struct Verdict {
  Level level = Level::well;
  std::string title;            ///< `This server is well`
  std::vector<Reason> reasons;  ///< the worst first
};

/// Applies rules to metrics with a known meaning, with the dashboard's words and limits
/// (web/src/base/verdict.ts). A rule without its metric gives no reason. `sessions` may be null.
[[nodiscard]] Verdict judge(const World& world, const Roles& roles, const Sessions* sessions);

}  // namespace kymo::KYMO_ABI::terminal
