#include <kymo/packs/recording.h>

namespace kymo::KYMO_ABI::packs {

RecordingMetrics::RecordingMetrics(Registry& registry)
    : jobs_enqueued_total(
          registry.counter("recording_jobs_enqueued_total", "Uploads of recordings put into the queue.")),
      jobs_success_total(
          registry.counter("recording_jobs_success_total", "Uploads of recordings completed.")),
      jobs_failed_total(
          registry.counter("recording_jobs_failed_total", "Uploads of recordings that failed.")),
      queue_depth(registry.gauge("recording_queue_depth", "Uploads of recordings waiting in the queue.")) {}

}  // namespace kymo::KYMO_ABI::packs
