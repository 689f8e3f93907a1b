#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Where to answer, and how often at most. A request beyond a limit has a notice that says so in place of its
/// answer, at most as often again; beyond that, nothing.
struct EchoResponderOptions {
  /// `ADDRESS:PORT` with an address in digits or `localhost`; port 0 takes any free one. `[::]` is every
  /// address of IPv6 and IPv4, `0.0.0.0` every one of IPv4. A link-local address has its interface:
  /// `[fe80::1%eth0]:9465`.
  std::string listen = "127.0.0.1:9465";
  double answers_per_second = 10'000;           ///< to all
  double answers_per_second_per_source = 1000;  ///< to one IPv4 address, or one IPv6 network of 64 bits
  std::size_t sources = 4096;                   ///< that are told apart at one time, 48 bytes each
};

/// Answers the UDP echoes of probers on a thread of its own, `kymo-echo`.
///
///     kymo::probe::EchoResponder responder({.listen = "0.0.0.0:9465"});
///
/// A request has one answer or notice or none, never longer than itself, with nothing of it but 24 bytes, and
/// only to where the request came from; so nothing is amplified, whoever forges a source. What is no request
/// is not answered, nor what was sent to a group or to all. The wire format is in docs/reference/probe.md.
/// Threads: any.
class KYMO_API EchoResponder final {
 public:
  /// Throws std::invalid_argument for an address or limits that can never be valid, std::runtime_error with
  /// the reason where the address cannot be had.
  explicit EchoResponder(const EchoResponderOptions& options = {});
  EchoResponder(const EchoResponder&) = delete;
  EchoResponder& operator=(const EchoResponder&) = delete;
  ~EchoResponder();

  /// Where it answers: `127.0.0.1:9465`, with the port that port 0 became.
  [[nodiscard]] std::string address() const;

  /// Datagrams so far.
  struct Statistics {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;  ///< no requests, or not sent to this host alone
    std::uint64_t limited = 0;  ///< requests beyond a limit
    std::uint64_t notices = 0;  ///< sent in place of answers to those
    std::uint64_t failed = 0;   ///< answers that the system would not send
  };
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::probe
