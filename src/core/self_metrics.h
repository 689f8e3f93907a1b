#pragma once

#include <cstdint>

#include <kymo/core/snapshot_writer.h>

#include "family_core.h"

namespace kymo::inline v0 {

/// What a registry has to say of itself: its size, and what its limits and checks took.
struct SelfState {
  const FamilyShared& shared;
  std::uint64_t producer_errors;
};

void write_self_metrics(const SelfState& state, SnapshotWriter& writer);

}  // namespace kymo::inline v0
