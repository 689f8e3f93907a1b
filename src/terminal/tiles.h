#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kymo/terminal/roles.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// One of the figures of the first screen.
struct Tile {
  std::string title;
  std::string figure;      ///< as shown now
  std::string limit_text;  ///< `of 2 cores`; empty: there is none
  std::string unit;
  double value = kUnknown;
  double limit = kUnknown;
  std::optional<std::pair<double, double>> both;  ///< in and out, of which the value is the sum
  Points points;                                  ///< the last ones, for a sparkline
};

/// The eight figures of the first screen, chosen by what the server has, with up to `width` last points.
[[nodiscard]] std::vector<Tile> tiles_of(const World& world, const Roles& roles, int width);

}  // namespace kymo::KYMO_ABI::terminal
