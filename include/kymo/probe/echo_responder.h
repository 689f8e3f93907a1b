#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// The address to answer at, and the rate limits. A request beyond a limit gets a short notice instead of an
/// answer, at most as often again; further requests get nothing.
struct EchoResponderOptions {
  /// `ADDRESS:PORT` with a numeric address or `localhost`; port 0 takes any free one. `[::]` is every address
  /// of IPv6 and IPv4, `0.0.0.0` every one of IPv4. A link-local address needs its interface:
  /// `[fe80::1%eth0]:9465`.
  std::string listen = "127.0.0.1:9465";
  double answers_per_second = 10'000;           ///< to all
  double answers_per_second_per_source = 1000;  ///< to one IPv4 address, or one IPv6 network of 64 bits
  std::size_t sources = 4096;                   ///< sources with separate limits at one time, 48 bytes each
};

/// Answers the UDP echoes of probers on a thread of its own, `kymo-echo`.
///
///     kymo::probe::EchoResponder responder({.listen = "0.0.0.0:9465"});
///
/// A request gets one answer, one notice or nothing. A reply is never longer than the request, has 24 bytes
/// of it, and goes only to the request's source. So forged sources cause no amplification. Other datagrams
/// get no reply, nor do multicasts and broadcasts. The wire format is in docs/reference/probe.md. Threads:
/// any.
class KYMO_API EchoResponder final {
 public:
  /// Throws std::invalid_argument for an address or limits that can never be valid, std::runtime_error with
  /// the reason if the address cannot be bound.
  explicit EchoResponder(const EchoResponderOptions& options = {});
  EchoResponder(const EchoResponder&) = delete;
  EchoResponder& operator=(const EchoResponder&) = delete;
  ~EchoResponder();

  /// The bound address: `127.0.0.1:9465`, with the actual port for port 0.
  [[nodiscard]] std::string address() const;

  /// Datagrams so far.
  struct Statistics {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;  ///< not a request, or not sent to this host alone
    std::uint64_t limited = 0;  ///< requests beyond a limit
    std::uint64_t notices = 0;  ///< notices sent for limited requests
    std::uint64_t failed = 0;   ///< replies that the system failed to send
  };
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::probe
