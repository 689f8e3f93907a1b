#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <kymo/core/snapshot.h>

/// A family as one value: its series without labels, if the program keeps such a total,
/// otherwise the sum of all series. Nothing if the Snapshot lacks the family, or it has another
/// kind.
namespace kymo::KYMO_ABI::format {

/// Index of the series without labels, if there is one.
[[nodiscard]] std::optional<std::size_t> unlabelled(const FamilySnapshot& family);

/// For counters, up_down_counters and gauges: the sum. Whole numbers stay whole.
[[nodiscard]] std::optional<Number> total_number(const Snapshot& snapshot, std::string_view name);

/// The same as a double; NaN if there is none.
[[nodiscard]] double total_double(const Snapshot& snapshot, std::string_view name);

[[nodiscard]] std::optional<HistogramValue> total_histogram(const Snapshot& snapshot, std::string_view name);
[[nodiscard]] std::optional<WindowValue> total_window(const Snapshot& snapshot, std::string_view name);

}  // namespace kymo::KYMO_ABI::format
