#pragma once

#include <string>
#include <vector>

#include <kymo/terminal/canvas.h>
#include <kymo/watch/findings.h>

namespace kymo::KYMO_ABI::terminal {

/// What `kymo monitor` shows of a process; a screen is a function of it.
struct WatchScene {
  std::string what;
  std::string pid;
  double rate_hz = 1;
  const watch::Recording& recording;
  const watch::Surroundings& surroundings;
  const std::vector<watch::Finding>& findings;
  std::string last_output;  ///< the last line that a command has written; empty: none
  std::string state;        ///< what else is going on, such as that it is asked to end
};

inline constexpr Size kLeastWatchSize{50, 8};

/// The whole screen: what is wrong, each figure now, on average and at most with its last readings as a line.
[[nodiscard]] Canvas draw_watch(const WatchScene& scene, Size size, Alphabet alphabet);

}  // namespace kymo::KYMO_ABI::terminal
