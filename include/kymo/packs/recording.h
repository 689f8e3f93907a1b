#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// Jobs that store recordings elsewhere.
///
///     kymo::packs::RecordingMetrics recording(registry);
///     recording.jobs_enqueued_total.add();
///     recording.queue_depth.set(static_cast<double>(queue.size()));
///
/// Threads: any. Errors: a second one on the same registry is a registration error.
class KYMO_API RecordingMetrics final {
 public:
  explicit RecordingMetrics(Registry& registry);

  Counter jobs_enqueued_total;  ///< `recording_jobs_enqueued_total`
  Counter jobs_success_total;   ///< `recording_jobs_success_total`
  Counter jobs_failed_total;    ///< `recording_jobs_failed_total`
  Gauge queue_depth;            ///< `recording_queue_depth`
};

}  // namespace kymo::KYMO_ABI::packs
