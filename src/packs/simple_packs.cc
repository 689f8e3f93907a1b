#include <kymo/core/family_options.h>
#include <kymo/packs/cache.h>
#include <kymo/packs/http.h>
#include <kymo/packs/labels.h>
#include <kymo/packs/llm.h>
#include <kymo/packs/recording.h>
#include <kymo/packs/server.h>
#include <kymo/packs/stt.h>
#include <kymo/packs/tts.h>
#include <kymo/packs/webrtc.h>
#include <kymo/packs/websocket.h>

namespace kymo::KYMO_ABI::packs {
namespace {

/// Options of a non-negative latency in seconds, with the default bounds of Prometheus' client libraries.
/// Source: client_golang, `DefBuckets`.
HistogramOptions latency_options(const SeriesPolicy& series) {
  return {.unit = "seconds",
          .series = series,
          .bounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
          .non_negative = true};
}

double share_of(const Counter& hits, const Counter& misses) {
  const auto hit = static_cast<double>(hits.value());
  const double all = hit + static_cast<double>(misses.value());
  return all > 0 ? hit / all : 0.0;
}

}  // namespace

CacheMetrics::CacheMetrics(Registry& registry)
    : hits(registry.counter("cache.hits", "Look-ups that the cache answered.")),
      misses(registry.counter("cache.misses", "Look-ups that the cache could not answer.")),
      hit_rate_(registry.observe_gauge("cache.hit_rate", "Share of the look-ups that the cache answered.",
                                       [found = hits, absent = misses] { return share_of(found, absent); },
                                       {.unit = "ratio", .has_deadline = false})) {}

double CacheMetrics::hit_rate() const noexcept { return share_of(hits, misses); }

HttpMetrics::HttpMetrics(Registry& registry, const SeriesPolicy& series)
    : requests_total(
          registry.family<Counter, "method", "route", "status_code", kSessionId, kStage, kDirection, kStatus,
                          kModel>("http_requests_total", "HTTP requests answered.", {.series = series})),
      request_duration_seconds(registry.family<Histogram, "method", "route", "status_code", kSessionId,
                                               kStage, kDirection, kStatus, kModel>(
          "http_request_duration_seconds", "Time from an HTTP request's arrival to the end of its answer.",
          latency_options(series))),
      active_connections(registry.family<UpDownCounter, "route", kStage, kDirection, kSessionId, kModel>(
          "http_active_connections", "HTTP connections that are open now.", {.series = series})),
      errors_total(registry.family<Counter, "method", "route", "error_type">(
          "http_errors_total", "HTTP requests that failed, by kind of error.", {.series = series})),
      timeout_total(registry.family<Counter, "method", "route">(
          "http_timeout_total", "HTTP requests that timed out.", {.series = series})) {}

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

RecordingMetrics::RecordingMetrics(Registry& registry)
    : jobs_enqueued_total(
          registry.counter("recording_jobs_enqueued_total", "Uploads of recordings put into the queue.")),
      jobs_success_total(
          registry.counter("recording_jobs_success_total", "Uploads of recordings completed.")),
      jobs_failed_total(
          registry.counter("recording_jobs_failed_total", "Uploads of recordings that failed.")),
      queue_depth(registry.gauge("recording_queue_depth", "Uploads of recordings waiting in the queue.")) {}

ServerMetrics::ServerMetrics(Registry& registry)
    : active_connections(
          registry.up_down_counter("server.active_connections", "Connections that are open now.")),
      active_processes(registry.up_down_counter("server.active_processes", "Background jobs that run now.")),
      requests(registry.counter("server.requests", "Requests received since the start.")),
      errors(registry.counter("server.errors", "Requests that failed since the start.")),
      processing_time(registry.window("server.processing_time", "Processing time of the last requests.",
                                      {.unit = "seconds", .capacity = kRecent})) {}

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

WebRtcMetrics::WebRtcMetrics(Registry& registry, const SeriesPolicy& series)
    : peer_connections_total(registry.family<Counter, "state", kSessionId, kStage>(
          "webrtc_peer_connections_total", "WebRTC peer connections that entered a state.",
          {.series = series})),
      peer_connections_active(registry.family<UpDownCounter, kStage, kSessionId>(
          "webrtc_peer_connections_active", "WebRTC peer connections that are up now.", {.series = series})),
      bytes_sent_total(registry.family<Counter, kDirection, kSessionId, kModel>(
          "webrtc_bytes_sent_total", "Bytes sent to peers over WebRTC.", {.series = series})),
      bytes_received_total(registry.family<Counter, kDirection, kSessionId, kModel>(
          "webrtc_bytes_received_total", "Bytes received from peers over WebRTC.", {.series = series})),
      connection_failures_total(registry.family<Counter, "reason", kStage>(
          "webrtc_connection_failures_total", "WebRTC connections that failed, by reason.",
          {.series = series})),
      reconnection_attempts_total(registry.family<Counter, kSessionId, kStage>(
          "webrtc_reconnection_attempts_total", "Attempts to restore a lost WebRTC connection.",
          {.series = series})) {}

WebSocketMetrics::WebSocketMetrics(Registry& registry)
    : clients(registry.up_down_counter("websocket.clients", "WebSocket clients connected now.")),
      broadcast_attempts(registry.counter("websocket.broadcast.attempt", "Broadcasts begun.")),
      broadcast_successes(registry.counter("websocket.broadcast.success", "Broadcasts that were sent.")),
      broadcast_failures(registry.counter("websocket.broadcast.failure", "Broadcasts that were not sent.")) {
  const auto size = registry.family<Histogram, kDirection>(
      "websocket.message.size", "Payload of WebSocket messages.", {.unit = "bytes"});
  received_size = size.with("received");
  sent_size = size.with("sent");
}

}  // namespace kymo::KYMO_ABI::packs
