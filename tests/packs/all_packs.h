#pragma once

#include <chrono>
#include <memory>

#include <kymo/core/registry.h>
#include <kymo/packs/cache.h>
#include <kymo/packs/events.h>
#include <kymo/packs/http.h>
#include <kymo/packs/llm.h>
#include <kymo/packs/recording.h>
#include <kymo/packs/server.h>
#include <kymo/packs/stream_metrics.h>
#include <kymo/packs/stt.h>
#include <kymo/packs/tts.h>
#include <kymo/packs/udp.h>
#include <kymo/packs/webrtc.h>
#include <kymo/packs/websocket.h>

namespace kymo::KYMO_ABI::packs {

/// Every pack on one registry, each family with a series at least, so that a Snapshot shows its labels.
class AllPacks final {
 public:
  explicit AllPacks(Registry& registry)
      : cache(registry),
        events(registry),
        http(registry),
        llm(registry),
        recording(registry),
        server(registry),
        stream(registry),
        stt(registry),
        tts(registry),
        udp(registry),
        webrtc(registry),
        websocket(registry) {
    touch_events();
    touch(http.requests_total, http.request_duration_seconds, http.active_connections, http.errors_total,
          http.timeout_total);
    touch(webrtc.peer_connections_total, webrtc.peer_connections_active, webrtc.bytes_sent_total,
          webrtc.bytes_received_total, webrtc.connection_failures_total, webrtc.reconnection_attempts_total);
    touch(stt.errors_total, stt.fallback_total, stt.time_to_first_token_seconds,
          stt.transcription_latency_seconds, stt.streaming_lag_seconds);
    touch(llm.errors_total, llm.retries_total, llm.fallback_total, llm.time_to_first_token_seconds,
          llm.generation_latency_seconds, llm.inter_token_latency_seconds);
    touch(tts.errors_total, tts.fallback_total, tts.time_to_first_audio_chunk_seconds,
          tts.synthesis_latency_seconds, tts.streaming_lag_seconds);
  }

  CacheMetrics cache;
  EventMetrics events;
  HttpMetrics http;
  LlmMetrics llm;
  RecordingMetrics recording;
  ServerMetrics server;
  StreamMetrics stream;
  SttMetrics stt;
  TtsMetrics tts;
  UdpMetrics udp;
  WebRtcMetrics webrtc;
  WebSocketMetrics websocket;

 private:
  void touch_events() {
    events.handle("x").ignore(events.ignore_reason("no_ast"));
    events.handle("x").unhandled();
    events.handle("x").fail("x");
  }
  template <LabelKey Key>
  static constexpr std::string_view kAnyValue = "x";

  template <class... Families>
  void touch(const Families&... families) {
    (touch_one(families), ...);
  }
  template <class Instrument, LabelKey... Keys>
  void touch_one(const Family<Instrument, Keys...>& family) {
    (void)family.with(kAnyValue<Keys>...);
  }
};

}  // namespace kymo::KYMO_ABI::packs
