#include <kymo/packs/webrtc.h>

namespace kymo::KYMO_ABI::packs {

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

}  // namespace kymo::KYMO_ABI::packs
