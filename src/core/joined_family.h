#pragma once

#include <kymo/core/histogram_value.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// One family out of two of the same kind: what is recorded, and what callbacks give or was recorded by name
/// before. Where both have a series, counts and distributions are added up, and of a gauge the first one's
/// value is taken. `bounds`: of the first one's histograms.
[[nodiscard]] FamilySnapshot joined(const FamilySnapshot& first, const FamilySnapshot& second,
                                    const HistogramValue::Bounds& bounds = nullptr);

}  // namespace kymo::KYMO_ABI
