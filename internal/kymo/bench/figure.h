#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/bench/measure.h>

namespace kymo::KYMO_ABI::bench {

/// What one thing costs here: less is better.
struct Figure {
  std::string name;
  std::string unit;             ///< `ns` or `ms`
  double median = 0;            ///< of the turns
  double low = 0;               ///< a quarter of the turns took less
  double high = 0;              ///< a quarter took more
  std::string limit_name;       ///< what of this machine's own it is held against; empty: nothing
  std::optional<double> limit;  ///< what that takes, measured in turns with it, in the same unit

  /// How much the turns differ, as a share of the median.
  [[nodiscard]] double spread() const noexcept { return median > 0 ? (high - low) / median : 0; }
  /// How many times the limit it takes.
  [[nodiscard]] std::optional<double> times_limit() const noexcept {
    if (!limit || !(*limit > 0)) return std::nullopt;
    return median / *limit;
  }
};

/// The figure that turns give; `factor` brings them to the unit. Turns that could not be taken are left out.
[[nodiscard]] Figure figure_of(std::string_view name, std::string_view unit, std::vector<double> turns,
                               double factor = 1);

/// Holds a figure against the machine's limit, which took these turns.
[[nodiscard]] Figure against(Figure figure, std::string_view limit_name, const std::vector<double>& turns,
                             double factor = 1);

}  // namespace kymo::KYMO_ABI::bench
