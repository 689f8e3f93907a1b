#pragma once

#include <vector>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// The load of each CPU, 0 to 1, in the order of their numbers; empty if the host lacks it.
[[nodiscard]] std::vector<double> core_ratios(const Snapshot& snapshot);

}  // namespace kymo::KYMO_ABI::format
