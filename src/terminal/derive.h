#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// How a series is looked at.
enum class View : std::uint8_t { rate, raw, p50, p95, p99 };

/// Percentiles are of what was recorded in that many seconds before each point, not of all since the start.
inline constexpr double kQuantileSeconds = 10;

using SeriesList = std::vector<const Series*>;

/// The series whose sum is the family's: the one without labels where there is one, since it already holds
/// all others; else those that live.
[[nodiscard]] SeriesList summands(const Family& family);

/// Moment by moment from `from` on, one or several series together, looked at in one way. NaN where nothing
/// is known. Counters and histograms that fell were started anew, so no rate of theirs is negative; a gauge's
/// is its change.
[[nodiscard]] Points points_of(const World& world, const Family& family, const SeriesList& series, View view,
                               std::size_t from);

/// The same in the last moment alone.
[[nodiscard]] double latest_of(const World& world, const Family& family, const SeriesList& series, View view);

/// Percentiles (`q` in 0 to 1) of what was recorded in the seconds before a moment; NaN where nothing was.
[[nodiscard]] std::vector<double> quantiles(const World& world, const SeriesList& series,
                                            std::span<const double> qs, std::size_t at);

/// The unit of what a view shows.
[[nodiscard]] std::string unit_of(const Family& family, View view);

/// Slot by slot; NaN only where all are.
[[nodiscard]] Points sum(const std::vector<Points>& parts);
/// Of what is known; NaN where nothing is.
[[nodiscard]] double mean(std::span<const double> points);

/// The moment from which a picture of `width` columns begins.
[[nodiscard]] std::size_t first_of_last(const World& world, int width);

}  // namespace kymo::KYMO_ABI::terminal
