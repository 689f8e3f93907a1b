#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kymo/terminal/roles.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// A figure of the first screen.
struct Tile {
  std::string title;
  std::string figure;      ///< the current text
  std::string limit_text;  ///< `of 2 cores`; empty: no limit
  std::string unit;
  double value = kUnknown;
  double limit = kUnknown;
  std::optional<std::pair<double, double>> both;  ///< in and out; the value is their sum
  Points points;                                  ///< the last points, for a sparkline
};

/// The eight figures of the first screen, chosen by the server's metrics, with up to `width` last points.
[[nodiscard]] std::vector<Tile> tiles_of(const World& world, const Roles& roles, int width);

}  // namespace kymo::KYMO_ABI::terminal
