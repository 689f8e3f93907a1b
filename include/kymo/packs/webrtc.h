#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/registry.h>
#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

/// Peer connections over WebRTC and their traffic.
///
///     kymo::packs::WebRtcMetrics webrtc(registry);
///     webrtc.peer_connections_total.with("connected", session, "ingest").add();
///     webrtc.bytes_received_total.with("in", session, model).add(packet.size());
///
/// `state` is WebRTC's own word (RTCPeerConnectionState). `series` applies to each family. Threads: any.
/// Errors: a second one on the same registry is a registration error.
class KYMO_API WebRtcMetrics final {
 public:
  explicit WebRtcMetrics(Registry& registry, const SeriesPolicy& series = {});

  /// `webrtc_peer_connections_total`: one for each state that a connection enters
  Family<Counter, "state", kSessionId, kStage> peer_connections_total;
  /// `webrtc_peer_connections_active`
  Family<UpDownCounter, kStage, kSessionId> peer_connections_active;
  /// `webrtc_bytes_sent_total`
  Family<Counter, kDirection, kSessionId, kModel> bytes_sent_total;
  /// `webrtc_bytes_received_total`
  Family<Counter, kDirection, kSessionId, kModel> bytes_received_total;
  /// `webrtc_connection_failures_total`
  Family<Counter, "reason", kStage> connection_failures_total;
  /// `webrtc_reconnection_attempts_total`
  Family<Counter, kSessionId, kStage> reconnection_attempts_total;
};

}  // namespace kymo::KYMO_ABI::packs
