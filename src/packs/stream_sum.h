#pragma once

#include <algorithm>

#include <kymo/packs/stream_messages.h>

namespace kymo::KYMO_ABI::packs {

/// Sums the figures of sources or sessions; takes the worst of means and ratios. Leaves `idle` unchanged.
inline void add_figures(const SourceFigures& figures, SourceFigures& sum) {
  sum.queue_depth += figures.queue_depth;
  sum.queue_max += figures.queue_max;
  sum.queue_bytes += figures.queue_bytes;
  sum.backlog_seconds += figures.backlog_seconds;
  sum.dropped_total += figures.dropped_total;
  sum.dropped_recent += figures.dropped_recent;
  sum.drop_ratio = std::max(sum.drop_ratio, figures.drop_ratio);
  sum.bytes_received += figures.bytes_received;
  sum.chunks_processed += figures.chunks_processed;
  sum.errors += figures.errors;
  sum.inference_ms_mean = std::max(sum.inference_ms_mean, figures.inference_ms_mean);
  sum.realtime_factor = std::max(sum.realtime_factor, figures.realtime_factor);
}

}  // namespace kymo::KYMO_ABI::packs
