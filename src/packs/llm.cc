#include <kymo/packs/llm.h>

#include "latency.h"

namespace kymo::KYMO_ABI::packs {

LlmMetrics::LlmMetrics(Registry& registry, const SeriesPolicy& series)
    : errors_total(registry.family<Counter, "error_type", kSessionId, kStage, kModel>(
          "llm_errors_total", "Requests to a language model that failed, by kind of error.",
          {.series = series})),
      retries_total(registry.family<Counter, kSessionId, kStage, kModel>(
          "llm_retries_total", "Retries of requests to a language model.", {.series = series})),
      fallback_total(registry.family<Counter, kSessionId, kStage, kModel>(
          "llm_fallback_total", "Fallbacks to another language model.", {.series = series})),
      time_to_first_token_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "llm_time_to_first_token_seconds", "Time from a request to the first token of its answer.",
          latency_options(series))),
      generation_latency_seconds(registry.family<Histogram, kSessionId, kStage, kStatus, kModel>(
          "llm_generation_latency_seconds", "Time from a request to the last token of its answer.",
          latency_options(series))),
      inter_token_latency_seconds(registry.family<Histogram, kSessionId, kStage, kModel>(
          "llm_inter_token_latency_seconds", "Time between one token of an answer and the next.",
          latency_options(series))) {}

}  // namespace kymo::KYMO_ABI::packs
