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
  std::size_t max_clients = 1024;  ///< further ones are refused and counted
  /// Called on the network's thread; must not throw.
  std::function<void(std::uint64_t session)> on_session_end = {};
  /// Gets the state of each source of each session, each second. Called on the network's thread; must not
  /// block.
  std::function<void(const kymo::packs::StreamMessage& message)> on_session_message = {};
};

/// The voice server: WebSocket and UDP input on one thread, signal processing on its workers.
class AudioServer final {
 public:
  /// Binds both addresses. Throws std::runtime_error with the address and the remedy on
  /// failure.
  AudioServer(const AudioServerOptions& options, VoiceMetrics& metrics);
  AudioServer(const AudioServer&) = delete;
  AudioServer& operator=(const AudioServer&) = delete;
  ~AudioServer();

  /// The bound address, with the actual port for port 0.
  [[nodiscard]] kymo::net::Endpoint audio_endpoint() const;
  [[nodiscard]] kymo::net::Endpoint udp_endpoint() const;

  /// Serves until SIGINT or SIGTERM, then says goodbye to all clients, which takes at most half a second.
  void run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace voice
