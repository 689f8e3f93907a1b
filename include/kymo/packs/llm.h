#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>
#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

/// A language model's answers: latencies, errors, retries.
///
///     kymo::packs::LlmMetrics llm(registry);
///     llm.retries_total.with(session, "llm", model).add();
///     llm.time_to_first_token_seconds.with(session, "llm", "ok", model).record(0.31);
///
/// Latencies are seconds. `series` applies to each family. Threads: any. Errors: a second one on the same
/// registry is a registration error.
class KYMO_API LlmMetrics final {
 public:
  explicit LlmMetrics(Registry& registry, const SeriesPolicy& series = {});

  /// `llm_errors_total`
  Family<Counter, "error_type", kSessionId, kStage, kModel> errors_total;
  /// `llm_retries_total`
  Family<Counter, kSessionId, kStage, kModel> retries_total;
  /// `llm_fallback_total`
  Family<Counter, kSessionId, kStage, kModel> fallback_total;
  /// `llm_time_to_first_token_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> time_to_first_token_seconds;
  /// `llm_generation_latency_seconds`
  Family<Histogram, kSessionId, kStage, kStatus, kModel> generation_latency_seconds;
  /// `llm_inter_token_latency_seconds`
  Family<Histogram, kSessionId, kStage, kModel> inter_token_latency_seconds;
};

}  // namespace kymo::KYMO_ABI::packs
