#pragma once

#include <kymo/core/family_options.h>

namespace kymo::KYMO_ABI::packs {

/// Options of a non-negative latency in seconds, with the default bounds of Prometheus' client libraries.
/// Source: client_golang, `DefBuckets`.
inline HistogramOptions latency_options(const SeriesPolicy& series) {
  return {.unit = "seconds",
          .series = series,
          .bounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
          .non_negative = true};
}

}  // namespace kymo::KYMO_ABI::packs
