#include "serve_probes.h"

#include <algorithm>
#include <exception>
#include <string>

#include <kymo/probe/target_list.h>

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr const char* kTooMany = "more than 256 targets; probe the others by another process";

}  // namespace

monitor::ProbeSettings with_file_targets(monitor::ProbeSettings settings) {
  if (settings.targets_file.empty()) return settings;
  try {
    for (const probe::NamedTarget& listed : probe::read_target_list(settings.targets_file)) {
      const auto is_it = [&](const auto& target) { return target.first == listed.name; };
      if (std::any_of(settings.targets.begin(), settings.targets.end(), is_it))
        throw std::invalid_argument(settings.targets_file + ": the name \"" + listed.name +
                                    "\" is among the other targets too");
      settings.targets.emplace_back(listed.name, listed.target.to_string());
    }
  } catch (const std::exception& error) {
    throw TargetsFault(error.what());
  }
  return settings;
}

ServeProbes::ServeProbes(const monitor::ProbeSettings& settings, const log::Logger& logger) {
  if (!settings.responder.empty()) answer(settings, logger);
  if (!settings.targets.empty()) ask(settings, logger);
}

void ServeProbes::answer(const monitor::ProbeSettings& settings, const log::Logger& logger) try {
  responder_.emplace(probe::EchoResponderOptions{.listen = settings.responder});
  logger.info("probes are answered", {{"address", responder_->address()}});
} catch (const std::exception& error) {
  logger.error("probes are not answered", {{"reason", error.what()}});
}

void ServeProbes::count_in(Registry& registry) {
  if (prober_)
    counts_.push_back(registry.observe_counter(
        "kymo_probe_unsent_total", "Probes not sent because of a limit of this process.",
        [this] { return static_cast<double>(prober_->unsent()); }, {.has_deadline = false}));
  if (!responder_) return;
  using Statistics = probe::EchoResponder::Statistics;
  const auto count = [&](const char* result, std::uint64_t Statistics::* figure) {
    counts_.push_back(registry.observe_counter(
        "kymo_probe_datagrams_total", "Datagrams received by the responder of probes, by outcome.",
        [this, figure] { return static_cast<double>(responder_->statistics().*figure); },
        {.labels = {{"result", result}}, .has_deadline = false}));
  };
  count("answered", &Statistics::answered);
  count("refused", &Statistics::refused);
  count("limited", &Statistics::limited);
  count("failed", &Statistics::failed);
  counts_.push_back(registry.observe_counter(
      "kymo_probe_notices_total",
      "Notices that the responder of probes sent instead of answers beyond its limit.",
      [this] { return static_cast<double>(responder_->statistics().notices); }, {.has_deadline = false}));
}

void ServeProbes::ask(const monitor::ProbeSettings& settings, const log::Logger& logger) {
  // With a long interval, the time between two probes is no silence.
  const auto patience = std::max<std::chrono::steady_clock::duration>(
      peers::PeerTableOptions().disconnected_after, 3 * settings.interval + settings.timeout);
  peers_.emplace(peers::PeerTableOptions{.disconnected_after = patience});
  const double each = 1000.0 / static_cast<double>(settings.interval.count());
  // Never below the needed rate, jitter included.
  const double needed = 1.5 * each * static_cast<double>(settings.targets.size());
  prober_.emplace(probe::ProberOptions{.peers = &*peers_, .probes_per_second = std::max(100.0, needed)});
  for (const auto& [name, target] : settings.targets) {
    try {
      const bool is_taken =
          prober_->add(name, probe::Target::parse(target),
                       {.name = name, .interval = settings.interval, .timeout = settings.timeout});
      if (!is_taken) logger.error("a target is not probed", {{"peer", name}, {"reason", kTooMany}});
    } catch (const std::exception& error) {
      logger.error("a target is not probed", {{"peer", name}, {"reason", error.what()}});
    }
  }
}

}  // namespace kymo::KYMO_ABI::cli
