#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/probe/probe_result.h>
#include <kymo/probe/target.h>

namespace kymo::KYMO_ABI::peers {
class PeerTable;
}

namespace kymo::KYMO_ABI::probe {

/// Where results go, and how much a Prober may do.
struct KYMO_API ProberOptions {
  /// Takes round trips and losses under the targets' ids, and must outlive the Prober. A target that is no
  /// peer yet becomes one for as long as it is probed.
  peers::PeerTable* peers = nullptr;
  /// Called for everything that happens to a probe, on the Prober's thread; must not block. What it throws is
  /// left out.
  std::function<void(const ProbeResult&)> on_result = nullptr;
  /// Of all targets together; where their intervals ask for more, all wait longer.
  double probes_per_second = 100;
  std::size_t max_targets = 256;
};

/// How one target is probed. Intervals and timeouts are brought into 1 ms to 1 h and 1 ms to 1 min.
struct ProbeOptions {
  std::string name = {};  ///< for people, in the PeerTable
  /// From one probe to the next, and by up to a tenth more or less, so that probes fall into step with
  /// nothing.
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};  ///< what takes longer is lost
  std::size_t bytes = 64;                   ///< of a UDP datagram, 56 to 1472, or an ICMP echo's content
  std::uint64_t count = 0;                  ///< ends after so many; 0: goes on until remove()
};

/// Measures how well others are reached, by small messages with sequence numbers that ask for an answer.
///
///     kymo::peers::PeerTable peers;
///     kymo::probe::Prober prober({.peers = &peers});
///     prober.add("anna", kymo::probe::Target::parse("udp://192.0.2.7:9465"));
///
/// It runs on a thread of its own, `kymo-probe`, which blocks all signals. When a datagram came is what the
/// kernel says, so that round trips stay true while the machine is busy. Names are resolved on other threads,
/// and again each minute and after three losses in a row; by http, https and tls with each probe, as that is
/// one of its steps. Memory: bounded by the targets. The sockets of tcp, http, https, tls and dns are a
/// quarter of the descriptors that the process may have (RLIMIT_NOFILE) at most, and 64 a target (16 by http,
/// https and tls); probes beyond are limited. Threads: any.
class KYMO_API Prober final {
 public:
  /// Throws std::system_error where there is no thread to be had.
  explicit Prober(ProberOptions options = {});
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober();  ///< as stop()

  /// Begins to probe. False where there is a target of that id, or are as many as there may be. Throws
  /// std::runtime_error where this process may not send ICMP, with what to do about it. Not from on_result.
  bool add(std::string_view id, const Target& target, const ProbeOptions& options = {});

  /// Ends probing; probes that are under way come to nothing. False where there is no such target. on_result
  /// may be called for it once more meanwhile, but not after this has returned, unless it calls this itself.
  bool remove(std::string_view id);

  /// Nothing where there is no such target.
  [[nodiscard]] std::optional<ProbeCounts> counts(std::string_view id) const;

  /// Probes of all targets that a limit of this process kept from being sent, as want of sockets. Each was
  /// told as limited.
  [[nodiscard]] std::uint64_t unsent() const noexcept;

  /// Ends all probing and joins the thread; soon. May be called twice, not from on_result.
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::probe
