#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/json_writer.h>
#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// Writes `timestamp` and `uptime_seconds`, the first fields of each JSON object of a Snapshot.
void write_snapshot_head(const Snapshot& snapshot, base::JsonWriter& json);

/// Seconds, to the millisecond.
[[nodiscard]] double uptime_seconds(const Snapshot& snapshot) noexcept;

/// Rounds to that many decimals, for people. NaN and infinities stay.
[[nodiscard]] inline double rounded(double number, int digits) noexcept {
  const double scale = std::pow(10.0, digits);
  const double scaled = std::round(number * scale) / scale;
  return std::isfinite(scaled) ? scaled : number;  // a number too large to scale has no decimals
}

/// A share of 1 as percent, to a hundredth.
[[nodiscard]] inline double percent(double ratio) noexcept { return rounded(ratio * 100, 2); }

/// The load of each CPU, 0 to 1, in the order of their numbers; empty if the host lacks it.
[[nodiscard]] std::vector<double> core_ratios(const Snapshot& snapshot);

/// Sets `out` to a series' key in JSON: `name`, or `name[k=v,k2=v2]` with `\`, `,` and `]` escaped in values.
/// Unambiguous: names contain no `[`, labels' names neither `=` nor a backslash.
void make_series_key(std::string_view name, LabelsView labels, std::string& out);

// A family as one value: its series without labels, if the program keeps such a total, otherwise the sum of
// all series. Nothing if the Snapshot lacks the family, or the family has another kind.

/// Index of the series without labels, if there is one.
[[nodiscard]] std::optional<std::size_t> unlabelled(const FamilySnapshot& family);

/// For counters, up_down_counters and gauges: the sum. Whole numbers stay whole.
[[nodiscard]] std::optional<Number> total_number(const Snapshot& snapshot, std::string_view name);

/// The same as a double; NaN if there is none.
[[nodiscard]] double total_double(const Snapshot& snapshot, std::string_view name);

[[nodiscard]] std::optional<HistogramValue> total_histogram(const Snapshot& snapshot, std::string_view name);
[[nodiscard]] std::optional<WindowValue> total_window(const Snapshot& snapshot, std::string_view name);

}  // namespace kymo::KYMO_ABI::format
