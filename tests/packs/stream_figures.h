#pragma once

#include <string_view>

#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// What the registry says of a series now; -1 where there is none.
inline double figure(Registry& registry, std::string_view name, Labels labels = {}) {
  const auto snapshot = registry.snapshot();
  const auto point = snapshot->find(name, labels);
  return point ? to_double(point->number) : -1;
}

/// Faults of session streams of one kind.
inline double stream_faults(Registry& registry, std::string_view kind) {
  const Label label{"kind", kind};
  return figure(registry, "kymo_stream_faults_total", Labels(&label, 1));
}

}  // namespace kymo::KYMO_ABI::packs
