#pragma once

#include <optional>
#include <stdexcept>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/log/logger.h>
#include <kymo/monitor/config.h>
#include <kymo/peers/peer_table.h>
#include <kymo/probe/echo_responder.h>
#include <kymo/probe/prober.h>

namespace kymo::KYMO_ABI::cli {

/// Why the file of targets cannot be taken: `targets.txt:3: …`.
class TargetsFault final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads `targets_file`, and adds its targets to the others. Throws TargetsFault.
[[nodiscard]] monitor::ProbeSettings with_file_targets(monitor::ProbeSettings settings);

/// What `kymo serve` does of its section `probe`: answers other hosts' probes, and sends its own. What cannot
/// be had is told to the log, and the rest goes on.
class ServeProbes final {
 public:
  ServeProbes(const monitor::ProbeSettings& settings, const log::Logger& logger);

  /// Has the responder's and the prober's counts in the Monitor's metrics from now on.
  void count_in(Registry& registry);

  /// For the Monitor, which it must outlive; null where nothing is probed.
  [[nodiscard]] peers::PeerTable* peers() noexcept { return peers_ ? &*peers_ : nullptr; }

 private:
  void answer(const monitor::ProbeSettings& settings, const log::Logger& logger);
  void ask(const monitor::ProbeSettings& settings, const log::Logger& logger);

  std::optional<probe::EchoResponder> responder_;
  std::optional<peers::PeerTable> peers_;
  std::optional<probe::Prober> prober_;  // goes before what it tells
  std::vector<Registration> counts_;     // go before what they count
};

}  // namespace kymo::KYMO_ABI::cli
