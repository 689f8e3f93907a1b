#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <kymo/net/http_server.h>

namespace voice {

/// Number and behaviour of the clients.
struct CrowdOptions {
  kymo::net::Endpoint server{.address = "127.0.0.1", .port = 9470};  ///< WebSocket audio
  kymo::net::Endpoint udp{.address = "127.0.0.1", .port = 9471};
  std::size_t clients = 8;                ///< over WebSocket
  std::size_t udp_clients = 2;            ///< over UDP
  double churn_per_minute = 0.5;          ///< how often a client leaves; it returns after a few seconds
  std::chrono::milliseconds jitter{5};    ///< each frame is up to this much late
  double loss = 0.01;                     ///< share of datagrams not sent, and share sent out of order
  std::chrono::milliseconds duration{0};  ///< 0: until a signal
  std::uint32_t seed = 1;
};

}  // namespace voice
