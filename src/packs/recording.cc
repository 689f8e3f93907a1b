#include <kymo/packs/recording.h>

namespace kymo::KYMO_ABI::packs {

RecordingMetrics::RecordingMetrics(Registry& registry)
    : jobs_enqueued_total(registry.counter("recording_jobs_enqueued_total",
                                           "Uploads of recordings that were put into the queue.")),
      jobs_success_total(
          registry.counter("recording_jobs_success_total", "Uploads of recordings that were done.")),
      jobs_failed_total(
          registry.counter("recording_jobs_failed_total", "Uploads of recordings that were given up.")),
      queue_depth(
          registry.gauge("recording_queue_depth", "Uploads of recordings that wait in the queue now.")) {}

}  // namespace kymo::KYMO_ABI::packs
