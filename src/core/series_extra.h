#pragma once

#include <memory>

#include <kymo/core/histogram_value.h>

#include "exemplar_store.h"
#include "gauge_track.h"
#include "window_ring.h"

namespace kymo::KYMO_ABI {

class FamilyCore;

/// Parts of some series beside their cell.
struct SeriesExtra {
  std::weak_ptr<FamilyCore> family;  ///< of a timing: the family of its `error="true"` series
  HistogramValue::Bounds bounds;     ///< kept for handles that outlive the family
  bool takes_negative = false;       ///< of a histogram with bounds
  std::unique_ptr<GaugeTrack> gauge;
  std::unique_ptr<WindowRing> window;
  std::unique_ptr<ExemplarStore> exemplars;
};

}  // namespace kymo::KYMO_ABI
