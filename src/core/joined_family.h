#pragma once

#include <kymo/core/histogram_value.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// Joins two families of the same kind: recorded values, and values of callbacks or of earlier records by
/// name. Counts and distributions with equal labels are added; for a gauge the first family wins. `bounds`:
/// of the first family's histograms.
[[nodiscard]] FamilySnapshot joined(const FamilySnapshot& first, const FamilySnapshot& second,
                                    const HistogramValue::Bounds& bounds = nullptr);

}  // namespace kymo::KYMO_ABI
