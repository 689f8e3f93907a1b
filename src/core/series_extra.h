#pragma once

#include <memory>

#include <kymo/core/histogram_value.h>

#include "exemplar_store.h"
#include "gauge_track.h"
#include "window_ring.h"

namespace kymo::inline v0 {

/// What some series have beside their cell.
struct SeriesExtra {
  HistogramValue::Bounds bounds;  ///< kept for handles that outlive the family
  std::unique_ptr<GaugeTrack> gauge;
  std::unique_ptr<WindowRing> window;
  std::unique_ptr<ExemplarStore> exemplars;
};

}  // namespace kymo::inline v0
