#pragma once

#include <vector>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// How busy each CPU is, 0 to 1, in the order of their numbers; empty where the host does not tell.
[[nodiscard]] std::vector<double> core_ratios(const Snapshot& snapshot);

}  // namespace kymo::KYMO_ABI::format
