#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <kymo/net/http_server.h>

#include "server/voice_metrics.h"

namespace voice {

struct AudioServerOptions {
  kymo::net::Endpoint audio{.address = "127.0.0.1", .port = 9470};  ///< WebSocket clients
  kymo::net::Endpoint udp{.address = "127.0.0.1", .port = 9471};
  std::size_t workers = 2;         ///< threads of signal processing
  std::size_t max_clients = 1024;  ///< more are refused and counted
  /// On the network's thread; must not throw.
  std::function<void(std::uint64_t session)> on_session_end = {};
  /// Each second: how each source of each session is doing. On the network's thread; must not block.
  std::function<void(const kymo::packs::StreamMessage& message)> on_session_message = {};
};

/// The voice server: WebSocket and UDP input on one thread, signal processing on its workers.
class AudioServer final {
 public:
  /// Takes both addresses. Throws std::runtime_error that names the address and the remedy when one cannot be
  /// had.
  AudioServer(const AudioServerOptions& options, VoiceMetrics& metrics);
  AudioServer(const AudioServer&) = delete;
  AudioServer& operator=(const AudioServer&) = delete;
  ~AudioServer();

  /// Where it listens, with the ports that port 0 became.
  [[nodiscard]] kymo::net::Endpoint audio_endpoint() const;
  [[nodiscard]] kymo::net::Endpoint udp_endpoint() const;

  /// Serves until SIGINT or SIGTERM, then says goodbye to all clients; that takes half a second at most.
  void run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace voice
