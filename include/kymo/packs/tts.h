#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>
#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

/// Text to speech: latencies and errors.
///
///     kymo::packs::TtsMetrics tts(registry);
///     tts.time_to_first_audio_chunk_seconds.with(session, "tts", "ok", voice).record(0.18);
///
/// Latencies are seconds. `series` applies to each family. Threads: any. Errors: a second one on the same
/// registry is a registration error.
class KYMO_API TtsMetrics final {
 public:
  explicit TtsMetrics(Registry& registry, const SeriesPolicy& series = {});

  /// `tts_errors_total`
  Family<Counter, "error_type", kSessionId, kStage, kModel> errors_total;
  /// `tts_fallback_total`
  Family<Counter, kSessionId, kStage, kModel> fallback_total;
  /// `tts_time_to_first_audio_chunk_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> time_to_first_audio_chunk_seconds;
  /// `tts_synthesis_latency_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> synthesis_latency_seconds;
  /// `tts_streaming_lag_seconds`
  Family<Histogram, kDirection, kSessionId, kModel> streaming_lag_seconds;
};

}  // namespace kymo::KYMO_ABI::packs
