#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>
#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

/// Speech to text: latencies and errors.
///
///     kymo::packs::SttMetrics stt(registry);
///     stt.transcription_latency_seconds.with(session, "stt", "ok", "whisper-small").record(0.42);
///
/// Latencies are seconds. `series` applies to each family. Threads: any. Errors: a second one on the same
/// registry is a registration error.
class KYMO_API SttMetrics final {
 public:
  explicit SttMetrics(Registry& registry, const SeriesPolicy& series = {});

  /// `stt_errors_total`
  Family<Counter, "error_type", kSessionId, kStage, kModel> errors_total;
  /// `stt_fallback_total`
  Family<Counter, kSessionId, kStage, kModel> fallback_total;
  /// `stt_time_to_first_token_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> time_to_first_token_seconds;
  /// `stt_transcription_latency_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> transcription_latency_seconds;
  /// `stt_streaming_lag_seconds`
  Family<Histogram, kDirection, kSessionId, kModel> streaming_lag_seconds;
};

}  // namespace kymo::KYMO_ABI::packs
