#include <kymo/packs/tts.h>

#include "latency.h"

namespace kymo::KYMO_ABI::packs {

TtsMetrics::TtsMetrics(Registry& registry, const SeriesPolicy& series)
    : errors_total(registry.family<Counter, "error_type", kSessionId, kStage, kModel>(
          "tts_errors_total", "Speech syntheses that failed, by kind of error.", {.series = series})),
      fallback_total(registry.family<Counter, kSessionId, kStage, kModel>(
          "tts_fallback_total", "Fallbacks of speech synthesis to its substitute.", {.series = series})),
      time_to_first_audio_chunk_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "tts_time_to_first_audio_chunk_seconds", "Time from a text's arrival to its first audio.",
          latency_options(series))),
      synthesis_latency_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "tts_synthesis_latency_seconds", "Time to synthesize a whole text.", latency_options(series))),
      streaming_lag_seconds(registry.family<Histogram, kDirection, kSessionId, kModel>(
          "tts_streaming_lag_seconds", "Delay of the sent audio behind the received text.",
          latency_options(series))) {}

}  // namespace kymo::KYMO_ABI::packs
