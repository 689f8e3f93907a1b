#pragma once

#include <kymo/core/snapshot.h>
#include <kymo/terminal/series_store.h>

namespace kymo::KYMO_ABI::terminal {

/// Adds a Snapshot of this process as a frame, as if from a server.
void take_snapshot(const Snapshot& snapshot, SeriesStore& store);

}  // namespace kymo::KYMO_ABI::terminal
