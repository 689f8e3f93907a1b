#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include <kymo/net/resolve.h>
#include <kymo/probe/probe_result.h>
#include <kymo/probe/target.h>

#include "socket_budget.h"

namespace kymo::KYMO_ABI::probe {

/// What came back to a probe.
struct Answer {
  std::uint64_t sequence = 0;
  std::chrono::steady_clock::time_point arrived;
  std::chrono::nanoseconds in_responder{};             ///< how long it was there, as it says
  std::optional<std::chrono::nanoseconds> round_trip;  ///< where somebody measured it who sees more
  std::optional<OneWayTimes> ways;
  std::optional<ProbeDetails> details = {};
};

/// Who is told what a Transport hears. May let go of the Transport only after the call.
class TransportEvents {
 public:
  virtual void on_answer(const Answer& answer) = 0;
  /// A probe that will have no answer.
  virtual void on_failure(std::uint64_t sequence, const std::string& reason) = 0;
  /// A probe that the responder's limit leaves without an answer.
  virtual void on_limit(std::uint64_t sequence, const std::string& which) = 0;
  /// A probe that this process does not send, for want of its own; that says nothing about the path.
  virtual void on_unsent(std::uint64_t sequence, const std::string& reason) = 0;
  /// What may be why probes have no answer.
  virtual void on_trouble(const std::string& reason) = 0;
  /// An answer that belongs to somebody else's probes.
  virtual void on_stray() = 0;

 protected:
  ~TransportEvents() = default;
};

/// A way to probe one address. Threads: that of the io_context. Whatever goes wrong is told to its events.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual void send(std::uint64_t sequence) = 0;
  /// Whether a probe can be sent now; otherwise that may come, or on_trouble() has told why not.
  [[nodiscard]] virtual bool is_ready() const { return true; }
  /// Tells what has come already.
  virtual void drain() {}
  /// The step that a probe waits for, in words: `the TLS handshake`; empty: just its answer.
  [[nodiscard]] virtual std::string waits_for(std::uint64_t sequence) const {
    static_cast<void>(sequence);
    return {};
  }
  /// This probe is of no more interest.
  virtual void give_up(std::uint64_t sequence) { static_cast<void>(sequence); }
};

/// What a Transport is made of; what it refers to outlives it.
struct TransportParts {
  boost::asio::io_context& io;
  TransportEvents& events;
  SocketBudget& sockets;
  const Target& target;
  net::SocketAddress address;
  std::size_t bytes = 0;
};

[[nodiscard]] std::unique_ptr<Transport> make_udp_transport(const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_icmp_transport(const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_tcp_transport(const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_websocket_transport(const TransportParts& parts);
[[nodiscard]] std::unique_ptr<Transport> make_dns_transport(const TransportParts& parts);
/// For http, https and tls; asks for the address itself, as that is one of the steps.
[[nodiscard]] std::unique_ptr<Transport> make_request_transport(const TransportParts& parts);

/// Whether a Transport of that kind is made before the host's address is known.
[[nodiscard]] bool finds_address_itself(ProbeKind kind) noexcept;

/// By the target's kind.
[[nodiscard]] std::unique_ptr<Transport> make_transport(const TransportParts& parts);

/// Why this process may send no ICMP to such an address (AF_INET, AF_INET6), with the remedy; empty: it may.
[[nodiscard]] std::string why_no_icmp(int family);

/// Of a URL: `[fe80::1]:8080`, without the zone, which means nothing to others (RFC 6874 1). The port is left
/// out where it is `usual_port`.
[[nodiscard]] std::string authority_of(const Target& target, std::uint16_t usual_port);

/// Tells that no socket could be opened or used: what this process lacks is no failure of the path.
void tell_socket_error(TransportEvents& events, std::uint64_t sequence, int error);

/// `connection refused`, for people.
[[nodiscard]] std::string error_text(int error);

}  // namespace kymo::KYMO_ABI::probe
