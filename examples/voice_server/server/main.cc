#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include <kymo/core/registry.h>
#include <kymo/log/record.h>
#include <kymo/monitor/monitor.h>
#include <kymo/monitor/session_feed.h>
#include <kymo/monitor/session_routes.h>

#include "server/audio_server.h"
#include "server/metrics_log.h"
#include "server/voice_metrics.h"

namespace {

struct Settings {
  kymo::MonitorOptions::Flags monitor;  // those given; KYMO_… variables and defaults give the rest
  std::string audio = "127.0.0.1:9470";
  std::string udp = "127.0.0.1:9471";
  std::size_t workers = 2;
};

void add_options(CLI::App& app, Settings& settings) {
  const auto take_listen = [&settings](const std::string& address) {
    settings.monitor.emplace_back("listen", address);
  };
  app.add_option_function<std::string>("--listen", take_listen, "where the metrics are served, ADDRESS:PORT")
      ->default_str("127.0.0.1:9464");
  app.add_option("--audio", settings.audio, "where WebSocket clients send audio, ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--udp", settings.udp, "where UDP senders send audio, ADDRESS:PORT")->capture_default_str();
  app.add_option("--workers", settings.workers, "threads of signal processing")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

/// Logs messages as warnings in the configured log; null without a log of that level.
std::function<void(std::string_view)> warnings_of(const kymo::MonitorOptions& options) {
  if (!options.log.sink) return nullptr;
  const bool wanted = options.log.level <= kymo::log::Level::warning;
  return [sink = options.log.sink, wanted](std::string_view message) {
    if (!wanted) return;
    sink({.level = kymo::log::Level::warning,
          .time = std::chrono::system_clock::now(),
          .message = message,
          .fields = {}});
  };
}

void serve(const Settings& settings) {
  // All that a program needs to be monitored; the rest is for its own metrics.
  auto options = kymo::MonitorOptions::from_environment(settings.monitor);
  // The server's own registry, so that its sessions exist before the monitor that serves them.
  kymo::Registry registry({.error_sink = warnings_of(options),
                           .max_series_per_family = options.limits.series_per_family,
                           .max_series = options.limits.series});
  voice::VoiceMetrics metrics(registry, warnings_of(options));
  options.registry = &registry;
  kymo::SessionFeed feed(registry, metrics.streams(), {.ticks = false});
  options.routes.push_back(kymo::sessions_route(metrics.streams()));
  options.routes.push_back(feed.route());
  kymo::Monitor monitor(options);

  voice::MetricsLog metrics_log(monitor,
                                options.log.level <= kymo::log::Level::info ? options.log.sink : nullptr);
  voice::AudioServer server(
      {.audio = kymo::net::Endpoint::parse(settings.audio),
       .udp = kymo::net::Endpoint::parse(settings.udp),
       .workers = settings.workers,
       .on_session_end = [&](std::uint64_t session) { metrics_log.session_ended(session); },
       .on_session_message = [&](const kymo::packs::StreamMessage& message) { (void)feed.deliver(message); }},
      metrics);
  std::cout << "audio ws://" << server.audio_endpoint().to_string() << '\n'
            << "udp udp://" << server.udp_endpoint().to_string() << '\n'
            << "metrics " << monitor.url() << std::endl;
  server.run();
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app(
      "A voice server: takes audio over WebSocket and UDP, hears who speaks, and shows how it is doing.");
  add_options(app, settings);
  CLI11_PARSE(app, argc, argv);
  try {
    serve(settings);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "voice_server: " << error.what() << '\n';
    return 1;
  }
}
