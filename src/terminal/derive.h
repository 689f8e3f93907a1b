#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// How a series is viewed.
enum class View : std::uint8_t { rate, raw, p50, p95, p99 };

/// Percentiles are of the values in this many seconds before each point, not of all since the start.
inline constexpr double kQuantileSeconds = 10;

using SeriesList = std::vector<const Series*>;

/// The series whose sum is the family's: the one without labels if there is one, since it is the total;
/// otherwise all live ones.
[[nodiscard]] SeriesList summands(const Family& family);

/// One or several series in one view, moment by moment from `from` on. NaN: unknown. A counter or
/// histogram that fell was restarted, so its rate is never negative. A gauge's rate is its
/// change.
[[nodiscard]] Points points_of(const World& world, const Family& family, const SeriesList& series, View view,
                               std::size_t from);

/// The same for the last moment alone.
[[nodiscard]] double latest_of(const World& world, const Family& family, const SeriesList& series, View view);

/// Percentiles (`q` in 0 to 1) of the values in the seconds before a moment; NaN without values.
[[nodiscard]] std::vector<double> quantiles(const World& world, const SeriesList& series,
                                            std::span<const double> qs, std::size_t at);

/// The unit of a view.
[[nodiscard]] std::string unit_of(const Family& family, View view);

/// Sums slot by slot; NaN only where all are NaN.
[[nodiscard]] Points sum(const std::vector<Points>& parts);
/// Mean of the known values; NaN if none is known.
[[nodiscard]] double mean(std::span<const double> points);

/// The first moment of a picture with `width` columns.
[[nodiscard]] std::size_t first_of_last(const World& world, int width);

}  // namespace kymo::KYMO_ABI::terminal
