#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <kymo/core/registry.h>

#include "protocol/protocol_error.h"

namespace voice {

/// All metrics of the voice client. See the server's VoiceMetrics for the pattern.
///
/// Threads: any, all members.
class ClientMetrics final {
 public:
  /// Registers all instruments; `registry` must outlive this object.
  explicit ClientMetrics(kymo::Registry& registry);

  enum class Transport : std::uint8_t { websocket, udp };

  /// One visit to the server: counts it while it lives.
  class Visit final {
   public:
    explicit Visit(ClientMetrics& metrics) noexcept : metrics_(metrics) {
      metrics_.visits_.add();
      metrics_.connected_.add();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() { metrics_.connected_.sub(); }

   private:
    ClientMetrics& metrics_;
  };

  void connection_failed() noexcept { connection_failures_.add(); }
  /// `late`: time after the planned moment.
  void frame_sent(Transport transport, std::chrono::nanoseconds late) noexcept;
  /// A datagram withheld on purpose, to simulate a bad network.
  void datagram_lost() noexcept { datagrams_lost_.add(); }
  void datagram_delayed() noexcept { datagrams_delayed_.add(); }

  /// `round_trip`: from sending the last frame of the report to receiving the report.
  void report_received(std::chrono::nanoseconds round_trip) noexcept;
  void room_state_received() noexcept { room_states_.add(); }
  void error_received(ErrorKind kind) noexcept { errors_[index_of(kind)].add(); }

  struct Summary {
    std::uint64_t visits = 0;
    std::uint64_t connection_failures = 0;
    std::uint64_t frames = 0;
    std::uint64_t datagrams = 0;
    std::uint64_t reports = 0;
    std::uint64_t room_states = 0;
    std::uint64_t errors = 0;
    double round_trip_p50_ms = 0;  ///< 0 without a round trip
    double round_trip_p99_ms = 0;
  };
  [[nodiscard]] Summary summary() const;

 private:
  kymo::Counter visits_;
  kymo::UpDownCounter connected_;
  kymo::Counter connection_failures_;
  std::array<kymo::Counter, 2> frames_;  // by transport
  kymo::Timing pace_lag_;
  kymo::Counter datagrams_lost_;
  kymo::Counter datagrams_delayed_;
  kymo::Counter reports_;
  kymo::Counter room_states_;
  std::array<kymo::Counter, kErrorNames.size()> errors_;
  kymo::Timing round_trip_;
};

}  // namespace voice
