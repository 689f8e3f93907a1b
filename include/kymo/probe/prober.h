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

/// The destination of results, and limits of a Prober.
struct KYMO_API ProberOptions {
  /// Gets round trips and losses under the targets' ids; must outlive the Prober. A target that is no peer
  /// yet becomes one while it is probed.
  peers::PeerTable* peers = nullptr;
  /// Called for each event of a probe, on the Prober's thread; must not block. Exceptions are
  /// ignored.
  std::function<void(const ProbeResult&)> on_result = nullptr;
  /// For all targets together; if their intervals need more, all intervals are stretched.
  double probes_per_second = 100;
  std::size_t max_targets = 256;
};

/// Options of one target. Intervals are clamped to 1 ms … 1 h, timeouts to 1 ms … 1 min.
struct ProbeOptions {
  std::string name = {};  ///< for people, in the PeerTable
  /// The time between probes, varied by up to a tenth, so that probes never synchronize with
  /// anything.
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};  ///< a slower answer counts as lost
  std::size_t bytes = 64;                   ///< of a UDP datagram, 56 to 1472, or an ICMP echo's content
  std::uint64_t count = 0;                  ///< number of probes; 0: goes on until remove()
};

/// Measures the paths to other hosts with small numbered messages that ask for an answer.
///
///     kymo::peers::PeerTable peers;
///     kymo::probe::Prober prober({.peers = &peers});
///     prober.add("anna", kymo::probe::Target::parse("udp://192.0.2.7:9465"));
///
/// Runs on its own thread, `kymo-probe`, which blocks all signals. The kernel stamps arriving datagrams, so
/// round trips stay correct on a busy machine. Other threads resolve names, again each minute and after
/// three losses in a row; http, https and tls resolve with each probe, as one of its steps. Memory: bounded
/// by the targets. The sockets of tcp, http, https, tls and dns use at most a quarter of the process'
/// descriptors (RLIMIT_NOFILE), and 64 a target (16 by http, https and tls); further probes are limited.
/// Threads: any.
class KYMO_API Prober final {
 public:
  /// Throws std::system_error if no thread can be made.
  explicit Prober(ProberOptions options = {});
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober();  ///< as stop()

  /// Begins to probe. False if the id is taken, or the limit of targets is reached. Throws std::runtime_error
  /// with the remedy if this process may not send ICMP. Not from on_result.
  bool add(std::string_view id, const Target& target, const ProbeOptions& options = {});

  /// Ends probing; probes in flight are dropped. False for an unknown target. Meanwhile on_result may be
  /// called once more, but not after this has returned, unless it calls this itself.
  bool remove(std::string_view id);

  /// Nothing for an unknown target.
  [[nodiscard]] std::optional<ProbeCounts> counts(std::string_view id) const;

  /// Probes of all targets that a limit of this process prevented, such as too few sockets. Each was reported
  /// as limited.
  [[nodiscard]] std::uint64_t unsent() const noexcept;

  /// Ends all probing and joins the thread, quickly. May be called twice, not from on_result.
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::probe
