#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/bench/measure.h>

namespace kymo::KYMO_ABI::bench {

/// The cost of one operation on this machine: less is better.
struct Figure {
  std::string name;
  std::string unit;             ///< `ns` or `ms`
  double median = 0;            ///< of the turns
  double low = 0;               ///< a quarter of the turns took less
  double high = 0;              ///< a quarter took more
  std::string limit_name;       ///< the machine's limit for comparison; empty: none
  std::optional<double> limit;  ///< the limit's cost, measured in alternating turns, in the same unit

  /// Spread of the turns, as a share of the median.
  [[nodiscard]] double spread() const noexcept { return median > 0 ? (high - low) / median : 0; }
  /// The cost as a multiple of the limit.
  [[nodiscard]] std::optional<double> times_limit() const noexcept {
    if (!limit || !(*limit > 0)) return std::nullopt;
    return median / *limit;
  }
};

/// Makes a figure from turns; `factor` converts them to the unit. Failed turns are left out.
[[nodiscard]] Figure figure_of(std::string_view name, std::string_view unit, std::vector<double> turns,
                               double factor = 1);

/// Adds the machine's limit, with these turns, to a figure.
[[nodiscard]] Figure against(Figure figure, std::string_view limit_name, const std::vector<double>& turns,
                             double factor = 1);

}  // namespace kymo::KYMO_ABI::bench
