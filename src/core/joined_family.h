#pragma once

#include <kymo/core/snapshot.h>

namespace kymo::inline v0 {

/// One counter or gauge family out of two: what was recorded, and what callbacks gave. Where both have a
/// series, a counter's numbers are added up, and of a gauge the recorded value is taken.
[[nodiscard]] FamilySnapshot joined(const FamilySnapshot& recorded, const FamilySnapshot& observed);

}  // namespace kymo::inline v0
