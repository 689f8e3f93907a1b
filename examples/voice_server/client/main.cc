#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include <kymo/monitor/monitor.h>

#include "client/client_metrics.h"
#include "client/crowd.h"
#include "client/speech_clips.h"

namespace {

struct Settings {
  std::string monitor = "127.0.0.1:9465";
  std::string connect = "ws://127.0.0.1:9470";
  std::string udp = "127.0.0.1:9471";
  double duration_seconds = 0;
  unsigned jitter_ms = 5;
  voice::CrowdOptions crowd;
  voice::SpeechOptions speech{.wav = {}, .cache = voice::default_speech_cache()};
};

void add_options(CLI::App& app, Settings& settings) {
  app.add_option("--listen", settings.monitor, "where the metrics are served, ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--connect", settings.connect, "the voice server, ws://ADDRESS:PORT")->capture_default_str();
  app.add_option("--udp", settings.udp, "its UDP input, ADDRESS:PORT")->capture_default_str();
  app.add_option("--clients", settings.crowd.clients, "WebSocket clients")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  app.add_option("--udp-clients", settings.crowd.udp_clients, "UDP clients")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  app.add_option("--duration", settings.duration_seconds, "seconds, a year at most; 0: until Ctrl-C")
      ->check(CLI::Range(0.0, 366.0 * 24 * 3600))
      ->capture_default_str();
  app.add_option("--churn", settings.crowd.churn_per_minute,
                 "how often a minute a client leaves and comes back")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--jitter", settings.jitter_ms, "how late a frame may be sent, milliseconds")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  app.add_option("--loss", settings.crowd.loss, "share of datagrams lost, and share out of order")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--wav", settings.speech.wav,
                 "audio to stream, 16-bit PCM; default: speech made by espeak-ng");
  app.add_option("--cache", settings.speech.cache, "folder for the speech that is made")
      ->capture_default_str();
  app.add_option("--seed", settings.crowd.seed, "another seed, another crowd")->capture_default_str();
}

kymo::net::Endpoint parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "ws://";
  if (!url.starts_with(kScheme)) {
    throw std::runtime_error("--connect wants ws://ADDRESS:PORT, not \"" + std::string(url) + "\"");
  }
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  return kymo::net::Endpoint::parse(url);
}

void print(const voice::ClientMetrics::Summary& summary) {
  std::cout << "visits " << summary.visits << "\nconnection_failures " << summary.connection_failures
            << "\nframes " << summary.frames << "\ndatagrams " << summary.datagrams << "\nreports "
            << summary.reports << "\nroom_states " << summary.room_states << "\nerrors " << summary.errors
            << "\nround_trip_p50_ms " << summary.round_trip_p50_ms << "\nround_trip_p99_ms "
            << summary.round_trip_p99_ms << std::endl;
}

int call(Settings settings) {
  settings.crowd.server = parse_url(settings.connect);
  settings.crowd.udp = kymo::net::Endpoint::parse(settings.udp);
  settings.crowd.duration =
      std::chrono::milliseconds(static_cast<std::int64_t>(1e3 * settings.duration_seconds));
  settings.crowd.jitter = std::chrono::milliseconds(settings.jitter_ms);
  const auto clips = voice::load_speech(settings.speech);

  kymo::Monitor monitor(kymo::MonitorOptions::from_environment({{"listen", settings.monitor}}));
  voice::ClientMetrics metrics(monitor.registry());
  std::cout << "calling " << settings.connect << "\nmetrics " << monitor.url() << std::endl;
  voice::run_crowd(settings.crowd, clips, metrics);

  const auto summary = metrics.summary();
  print(summary);
  if (summary.visits > 0 || settings.crowd.clients == 0) return 0;
  throw std::runtime_error("no connection to " + settings.connect +
                           " succeeded; is voice_server running there?");
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app(
      "Calls voice_server: many clients at once that stream speech in real time and listen to the answers.");
  add_options(app, settings);
  CLI11_PARSE(app, argc, argv);
  try {
    return call(std::move(settings));
  } catch (const std::exception& error) {
    std::cerr << "voice_client: " << error.what() << '\n';
    return 1;
  }
}
