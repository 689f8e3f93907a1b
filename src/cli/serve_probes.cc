#include "serve_probes.h"

#include <algorithm>
#include <exception>
#include <string>

namespace kymo::cli {

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
  if (!responder_) return;
  using Statistics = probe::EchoResponder::Statistics;
  const auto count = [&](const char* result, std::uint64_t Statistics::* figure) {
    counts_.push_back(registry.observe_counter(
        "kymo_probe_datagrams_total",
        "Datagrams that came to the responder of probes, by what it did of them.",
        [this, figure] { return static_cast<double>(responder_->statistics().*figure); },
        {.labels = {{"result", result}}}));
  };
  count("answered", &Statistics::answered);
  count("refused", &Statistics::refused);
  count("limited", &Statistics::limited);
  count("failed", &Statistics::failed);
}

void ServeProbes::ask(const monitor::ProbeSettings& settings, const log::Logger& logger) {
  peers_.emplace();
  const double each = 1000.0 / static_cast<double>(settings.interval.count());
  // Never in the way of the pace that was asked for, jitter and all.
  const double needed = 1.5 * each * static_cast<double>(settings.targets.size());
  prober_.emplace(probe::ProberOptions{.peers = &*peers_, .probes_per_second = std::max(100.0, needed)});
  for (const auto& [name, target] : settings.targets) {
    try {
      prober_->add(name, probe::Target::parse(target),
                   {.name = name, .interval = settings.interval, .timeout = settings.timeout});
    } catch (const std::exception& error) {
      logger.error("a target is not probed", {{"peer", name}, {"reason", error.what()}});
    }
  }
}

}  // namespace kymo::cli
