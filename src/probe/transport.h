#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <sys/resource.h>
#include <boost/asio/io_context.hpp>

#include <kymo/net/resolve.h>
#include <kymo/probe/probe_result.h>
#include <kymo/probe/target.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Limit of sockets that one Prober's probes hold together, so the rest of the process keeps its descriptors.
/// Threads: one at a time.
class SocketBudget final {
 public:
  /// The place of one socket, freed with it. It may outlive the budget.
  using Place = std::shared_ptr<std::size_t>;

  explicit SocketBudget(std::size_t most) : most_(most) {}

  /// A quarter of the process' descriptors, at least 16.
  [[nodiscard]] static std::size_t most_of_process() noexcept {
    constexpr rlim_t kLeast = 16;
    constexpr rlim_t kMost = 65'536;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeast;
    return static_cast<std::size_t>(std::clamp(limit.rlim_cur / 4, kLeast, kMost));
  }

  /// A place for one socket; null if none is left. Errors: std::bad_alloc.
  [[nodiscard]] Place take() {
    if (*taken_ >= most_) return nullptr;
    ++*taken_;
    return {taken_.get(), [taken = taken_](std::size_t*) { --*taken; }};
  }

  /// True while more than half is in use: unneeded sockets should be closed.
  [[nodiscard]] bool is_tight() const noexcept { return *taken_ > most_ / 2; }

  /// The reason why take() returned null, with the remedy.
  [[nodiscard]] std::string reason() const {
    return "all " + std::to_string(most_) +
           " sockets of this prober are in use; probe less often or fewer targets, or raise ulimit -n";
  }

 private:
  std::size_t most_;
  std::shared_ptr<std::size_t> taken_ = std::make_shared<std::size_t>(0);
};

/// An answer to a probe.
struct Answer {
  std::uint64_t sequence = 0;
  std::chrono::steady_clock::time_point arrived;
  std::chrono::nanoseconds in_responder{};             ///< time in the responder, as it reports
  std::optional<std::chrono::nanoseconds> round_trip;  ///< set if the kernel or protocol measured it better
  std::optional<OneWayTimes> ways;
  std::optional<ProbeDetails> details = {};
};

/// Receives a Transport's events. May destroy the Transport only after the call.
class TransportEvents {
 public:
  virtual void on_answer(const Answer& answer) = 0;
  /// A probe failed and will have no answer.
  virtual void on_failure(std::uint64_t sequence, const std::string& reason) = 0;
  /// The responder's limit refused a probe.
  virtual void on_limit(std::uint64_t sequence, const std::string& which) = 0;
  /// This process could not send a probe, for lack of its own resources; that says nothing about the path.
  virtual void on_unsent(std::uint64_t sequence, const std::string& reason) = 0;
  /// A possible reason for missing answers.
  virtual void on_trouble(const std::string& reason) = 0;
  /// An answer to somebody else's probes.
  virtual void on_stray() = 0;

 protected:
  ~TransportEvents() = default;
};

/// Probes one address. Threads: that of the io_context. Reports all errors to its events.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual void send(std::uint64_t sequence) = 0;
  /// True if a probe can be sent now. Otherwise that may come, or on_trouble() has the reason.
  [[nodiscard]] virtual bool is_ready() const { return true; }
  /// Reports everything that has already arrived.
  virtual void drain() {}
  /// The step that a probe waits for, in words: `the TLS handshake`; empty: the answer itself.
  [[nodiscard]] virtual std::string waits_for(std::uint64_t sequence) const {
    static_cast<void>(sequence);
    return {};
  }
  /// The caller has given up on this probe.
  virtual void give_up(std::uint64_t sequence) { static_cast<void>(sequence); }
};

/// The parts of a Transport; referenced objects must outlive it.
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
/// For http, https and tls. Resolves the address itself, as one of the steps.
[[nodiscard]] std::unique_ptr<Transport> make_request_transport(const TransportParts& parts);

/// True if a Transport of that kind needs no address of the host.
[[nodiscard]] bool finds_address_itself(ProbeKind kind) noexcept;

/// Makes the Transport for the target's kind.
[[nodiscard]] std::unique_ptr<Transport> make_transport(const TransportParts& parts);

/// Why this process may not send ICMP to such an address (AF_INET, AF_INET6), with the remedy; empty: it may.
[[nodiscard]] std::string why_no_icmp(int family);

/// The authority of a URL: `[fe80::1]:8080`, without the zone, which means nothing to others (RFC 6874 1).
/// The port is left out if it is `usual_port`.
[[nodiscard]] std::string authority_of(const Target& target, std::uint16_t usual_port);

/// Reports that no socket could be opened or used: a lack of this process is no failure of the path.
void tell_socket_error(TransportEvents& events, std::uint64_t sequence, int error);

/// `connection refused`, for people.
[[nodiscard]] std::string error_text(int error);

}  // namespace kymo::KYMO_ABI::probe
