#pragma once

#include <string>
#include <vector>

#include <kymo/terminal/canvas.h>
#include <kymo/watch/findings.h>

namespace kymo::KYMO_ABI::terminal {

/// The content of `kymo monitor`; a screen is a function of it.
struct WatchScene {
  std::string what;
  std::string pid;
  double rate_hz = 1;
  const watch::Recording& recording;
  const watch::Surroundings& surroundings;
  const std::vector<watch::Finding>& findings;
  std::string last_output;  ///< the command's last line of output; empty: none
  std::string state;        ///< a note, such as that the command is ending
};

inline constexpr Size kLeastWatchSize{50, 8};

/// Draws the whole screen: issues, then each figure now, its mean, its maximum and its last readings.
[[nodiscard]] Canvas draw_watch(const WatchScene& scene, Size size, Alphabet alphabet);

}  // namespace kymo::KYMO_ABI::terminal
