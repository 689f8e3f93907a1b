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

/// The file of targets is invalid: `targets.txt:3: …`.
class TargetsFault final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads `targets_file`, and adds its targets to the others. Throws TargetsFault.
[[nodiscard]] monitor::ProbeSettings with_file_targets(monitor::ProbeSettings settings);

/// Runs the section `probe` of `kymo serve`: answers other hosts' probes, and sends its own. Failures are
/// logged, and the rest continues.
class ServeProbes final {
 public:
  ServeProbes(const monitor::ProbeSettings& settings, const log::Logger& logger);

  /// Adds the responder's and the prober's counts to the Monitor's metrics.
  void count_in(Registry& registry);

  /// For the Monitor, which must not outlive it; null without targets.
  [[nodiscard]] peers::PeerTable* peers() noexcept { return peers_ ? &*peers_ : nullptr; }

 private:
  void answer(const monitor::ProbeSettings& settings, const log::Logger& logger);
  void ask(const monitor::ProbeSettings& settings, const log::Logger& logger);

  std::optional<probe::EchoResponder> responder_;
  std::optional<peers::PeerTable> peers_;
  std::optional<probe::Prober> prober_;  // destroyed before the objects that it reports to
  std::vector<Registration> counts_;     // destroyed before the objects that they count
};

}  // namespace kymo::KYMO_ABI::cli
