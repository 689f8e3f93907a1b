#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <kymo/core/snapshot.h>

/// A family as one value: that of its series without labels, which is the total where a program keeps one
/// beside those with labels; else all series together. Nothing where the Snapshot has no such family, or one
/// of another kind.
namespace kymo::KYMO_ABI::format {

/// Where the series without labels is, if there is one.
[[nodiscard]] std::optional<std::size_t> unlabelled(const FamilySnapshot& family);

/// Of counters, up_down_counters and gauges: the sum. Whole numbers stay whole.
[[nodiscard]] std::optional<Number> total_number(const Snapshot& snapshot, std::string_view name);

/// The same as a double, NaN where there is none.
[[nodiscard]] double total_double(const Snapshot& snapshot, std::string_view name);

[[nodiscard]] std::optional<HistogramValue> total_histogram(const Snapshot& snapshot, std::string_view name);
[[nodiscard]] std::optional<WindowValue> total_window(const Snapshot& snapshot, std::string_view name);

}  // namespace kymo::KYMO_ABI::format
