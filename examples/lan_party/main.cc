#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <kymo/monitor/monitor.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>
#include <kymo/probe/echo_responder.h>
#include <kymo/probe/prober.h>

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTimeout(2000);

struct Settings {
  std::string listen = "127.0.0.1:9464";
  std::string echo = "127.0.0.1:9465";
  std::vector<std::string> others;  // NAME=TARGET
  unsigned interval_ms = 200;
};

struct Other {
  std::string name;
  kymo::probe::Target target;
};

Other parse_other(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw std::invalid_argument("--with takes NAME=udp://ADDRESS:PORT, not \"" + text + "\"");
  }
  return {text.substr(0, equals), kymo::probe::Target::parse(text.substr(equals + 1))};
}

/// SIGINT and SIGTERM, handled when convenient. Create it before any thread, so that all threads block these
/// signals.
class Ending final {
 public:
  Ending() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// Waits up to `patience` for a signal.
  [[nodiscard]] bool has_come(milliseconds patience) const {
    constexpr std::int64_t kNanosecondsEach = 1'000'000;
    const timespec time{.tv_sec = patience.count() / 1000,
                        .tv_nsec = patience.count() % 1000 * kNanosecondsEach};
    return sigtimedwait(&signals_, nullptr, &time) > 0;
  }

 private:
  sigset_t signals_{};
};

/// Reports the probes' bytes: all the traffic of this party.
void tell_traffic(const kymo::probe::Prober& prober, const std::vector<Other>& others,
                  kymo::peers::PeerTable& peers) {
  const std::uint64_t bytes = kymo::probe::ProbeOptions().bytes;
  for (const Other& other : others) {
    const auto counts = prober.counts(other.name);
    if (!counts) continue;
    peers.record_traffic(other.name, {.bytes_sent = counts->sent * bytes,
                                      .bytes_received = counts->answered * bytes,
                                      .packets_sent = counts->sent,
                                      .packets_received = counts->answered});
  }
}

/// Probes until all have answered once, so a late participant does not count as lost. False: the party ended
/// first.
bool wait_for(const std::vector<Other>& others, const Ending& ending) {
  constexpr milliseconds kStep(100);
  kymo::probe::Prober scout;
  for (const Other& other : others) scout.add(other.name, other.target, {.interval = kStep});
  const auto is_there = [&scout](const Other& other) {
    const auto counts = scout.counts(other.name);
    return counts && counts->answered != 0;
  };
  while (!std::ranges::all_of(others, is_there)) {
    if (ending.has_come(kStep)) return false;
  }
  return true;
}

void take_part(const Settings& settings) {
  const Ending ending;
  std::vector<Other> others;
  for (const std::string& text : settings.others) others.push_back(parse_other(text));

  kymo::peers::PeerTable peers;
  kymo::peers::SessionLog sessions(peers);
  // Without a token: the party's network is on this machine only.
  auto options = kymo::MonitorOptions::from_environment({{"listen", settings.listen}, {"insecure", "true"}});
  options.peers = {.table = &peers, .sessions = &sessions};
  const kymo::Monitor monitor(options);

  const kymo::probe::EchoResponder responder({.listen = settings.echo});
  std::cout << "metrics " << monitor.url() << "\necho " << responder.address() << std::endl;
  if (!wait_for(others, ending)) return;

  kymo::probe::Prober prober({.peers = &peers});
  std::vector<std::string> names;
  for (const Other& other : others) {
    names.push_back(other.name);
    peers.add(other.name, other.name);
    prober.add(other.name, other.target,
               {.interval = milliseconds(settings.interval_ms), .timeout = kTimeout});
  }
  const std::string game = sessions.start("game", "the first round", names);
  while (!ending.has_come(milliseconds(1000))) tell_traffic(prober, others, peers);
  sessions.end(game);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app(
      "One who takes part in a LAN party: answers the others' probes, probes them, and shows how it went.");
  app.add_option("--listen", settings.listen, "where the metrics are served, ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--echo", settings.echo, "where the others' probes are answered, ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--with", settings.others,
                 "another one, NAME=udp://ADDRESS:PORT; may be given more than once");
  app.add_option("--interval", settings.interval_ms, "from one probe to the next, in milliseconds")
      ->check(CLI::Range(10U, 60'000U))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    take_part(settings);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "lan_party: " << error.what() << '\n';
    return 1;
  }
}
