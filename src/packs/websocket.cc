#include <kymo/packs/websocket.h>

#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

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
