#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>

#include "callback_runner.h"
#include "family_core.h"

namespace kymo::KYMO_ABI {

/// A registry's own figures: its size, and the effects of its limits and checks.
struct SelfState {
  struct Callbacks {
    std::vector<HangingCallback> hanging;
    CallbackRunner::Names late;
    std::uint64_t unguarded;
  };

  const FamilyShared& shared;
  std::uint64_t producer_errors;
  std::optional<Callbacks> callbacks = {};  ///< empty: there was never a callback with a deadline
};

void write_self_metrics(const SelfState& state, SnapshotWriter& writer);

}  // namespace kymo::KYMO_ABI
