#include <kymo/packs/stt.h>

#include "latency.h"

namespace kymo::KYMO_ABI::packs {

SttMetrics::SttMetrics(Registry& registry, const SeriesPolicy& series)
    : errors_total(registry.family<Counter, "error_type", kSessionId, kStage, kModel>(
          "stt_errors_total", "Speech recognitions that failed, by kind of error.", {.series = series})),
      fallback_total(registry.family<Counter, kSessionId, kStage, kModel>(
          "stt_fallback_total", "Fallbacks of speech recognition to its substitute.", {.series = series})),
      time_to_first_token_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "stt_time_to_first_token_seconds", "Time from the start of the audio to the first recognized word.",
          latency_options(series))),
      transcription_latency_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "stt_transcription_latency_seconds", "Time to transcribe an utterance, end to end.",
          latency_options(series))),
      streaming_lag_seconds(registry.family<Histogram, kDirection, kSessionId, kModel>(
          "stt_streaming_lag_seconds", "Delay of the transcript behind the received audio.",
          latency_options(series))) {}

}  // namespace kymo::KYMO_ABI::packs
