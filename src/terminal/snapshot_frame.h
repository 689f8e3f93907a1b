#pragma once

#include <kymo/core/snapshot.h>
#include <kymo/terminal/series_store.h>

namespace kymo::KYMO_ABI::terminal {

/// Takes a Snapshot of this process in as a frame, as if a server had told it.
void take_snapshot(const Snapshot& snapshot, SeriesStore& store);

}  // namespace kymo::KYMO_ABI::terminal
