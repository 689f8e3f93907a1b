// A server for the dashboard's tests: dashboard_server busy|hostile [PORT]
//   busy     a thousand series that all change, peers of which one loses probes, and a server in trouble
//   hostile  names, labels, help, sessions and peers that would break a page that takes text for markup
// The program prints its address, and runs until it is killed.
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/monitor/monitor.h>
#include <kymo/monitor/session_routes.h>
#include <kymo/packs/server.h>
#include <kymo/packs/stream_sessions.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMarkup =
    R"(<img src=x onerror="window.broken=true"><script>window.broken=true</script>)";
constexpr std::string_view kAttribute = R"("'><svg onload=window.broken=true>)";
constexpr std::uint64_t kQueueMax = 50;
constexpr auto kStep = 100ms;
constexpr int kStepsPerTick = 10;

/// A number between -1 and 1 that swings, so that pictures of two runs look alike.
double wave(double seconds, double period, double phase = 0) {
  constexpr double kTurn = 6.283185307179586;
  return std::sin(kTurn * seconds / period + phase);
}

/// A session whose queue is as full, and whose chunks take as long, as it is told.
class MadeSession {
 public:
  MadeSession(kymo::packs::SessionStreams& streams, std::string id, std::uint64_t waiting, double factor)
      : session_(
            streams.begin({.ids = {.session_id = std::move(id), .provider = "local", .model_id = "small"}})),
        source_(session_->source({.name = "mic", .queue_max = kQueueMax})),
        factor_(factor) {
    for (std::uint64_t i = 0; i < waiting; ++i) source_->queued(kChunk);
  }

  void step(double seconds) {
    source_->queued(kChunk);
    source_->taken(kChunk);
    const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(0.02 * factor_ * (1 + 0.1 * wave(seconds, 13))));
    source_->processed({.inference = took * 4 / 5, .processing = took, .audio = kChunk.audio});
  }

 private:
  static constexpr kymo::packs::StreamChunk kChunk{.bytes = 640, .audio = 20ms};

  kymo::packs::SessionStreams::Session session_;
  std::shared_ptr<kymo::packs::SourceStream> source_;
  double factor_;
};

constexpr std::size_t kPeers = 3;
using PeerIds = std::array<std::string_view, kPeers>;

/// Peers that answer sooner or later, the last of them not always, in a game that goes on.
class MadePeers {
 public:
  explicit MadePeers(const PeerIds& ids) {
    for (const std::string_view id : ids) {
      ids_.emplace_back(id);
      table.add(id);
    }
    sessions.end(sessions.start("call", ids_.back(), {ids_.back()}));
    sessions.start("game", ids_.front(), ids_);
  }

  void step(std::uint64_t count, double seconds) {
    if (count % kStepsPerProbe != 0) return;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const auto number = static_cast<double>(i + 1);
      const auto took = std::chrono::duration<double>(0.015 * number * (1 + 0.2 * wave(seconds, 17, number)));
      const bool is_lost = i + 1 == ids_.size() && count / kStepsPerProbe % 4 == 0;
      if (is_lost)
        table.record_timeout(ids_[i]);
      else
        table.record_latency(ids_[i], std::chrono::duration_cast<std::chrono::nanoseconds>(took));
      const auto bytes = static_cast<std::uint64_t>(seconds * 20'000 * number);
      table.record_traffic(ids_[i], {.bytes_sent = bytes, .bytes_received = bytes / 2});
    }
  }

  kymo::peers::PeerTable table;
  kymo::peers::SessionLog sessions{table};

 private:
  static constexpr std::uint64_t kStepsPerProbe = 5;

  std::vector<std::string> ids_;
};

/// A server with all that the first screen can show, more than it can bear.
class Busy {
 public:
  static constexpr PeerIds kPeerIds{"anna", "ben", "carl"};

  Busy(kymo::Registry& registry, kymo::packs::SessionStreams& streams)
      : server_(registry),
        latency_(registry.histogram("event.processing.duration", "Time that a handler took.",
                                    {.unit = "seconds"})) {
    auto family = registry.family<kymo::Gauge, "index">("many.values", "A thousand values that all change.");
    for (int i = 0; i < 1000; ++i) {
      const std::string number = std::to_string(i);
      many_.push_back(family.with(std::string(4 - number.size(), '0') + number));
    }
    for (int i = 0; i < 12; ++i) connections_.push_back(server_.connect());
    sessions_.emplace_back(streams, "a1c4", 48, 1.3);
    sessions_.emplace_back(streams, "77e0", 44, 0.9);
    for (const char* id : {"02bd", "3f19", "90aa", "c5d2", "e871", "f006"})
      sessions_.emplace_back(streams, id, 3, 0.4);
  }

  void step(double seconds) {
    for (std::size_t i = 0; i < many_.size(); ++i) {
      const auto at = static_cast<double>(i);
      many_[i].set(50 + 40 * wave(seconds, 20 + std::fmod(at, 50), at));
    }
    const int requests = 90 + static_cast<int>(20 * wave(seconds, 30));
    for (int i = 0; i < requests; ++i) {
      const double spread = std::exp(0.6 * wave(static_cast<double>(i), 7.3) + 0.4 * wave(seconds, 23));
      server_.requests.add();
      server_.processing_time.record(0.004 * spread);
      latency_.record(0.004 * spread);
    }
    server_.errors.add(wave(seconds, 40) > 0.2 ? 6 : 0);
    for (MadeSession& session : sessions_) session.step(seconds);
  }

 private:
  kymo::packs::ServerMetrics server_;
  kymo::Histogram latency_;
  std::vector<kymo::Gauge> many_;
  std::vector<kymo::packs::ServerMetrics::Connection> connections_;
  std::vector<MadeSession> sessions_;
};

class Hostile {
 public:
  static constexpr PeerIds kPeerIds{kMarkup, kAttribute, "a/b?c=d&e#f%20"};

  Hostile(kymo::Registry& registry, kymo::packs::SessionStreams& streams)
      : counter_(registry.family<kymo::Counter>("__proto__", kMarkup).with({{"constructor", kMarkup}})),
        gauge_(registry.family<kymo::Gauge>("javascript:alert/1.fill_ratio", kMarkup, {.unit = "ratio"})
                   .with({{"toString", kAttribute}})),
        session_(streams, std::string(kMarkup), 48, 1.3) {
    gauge_.set(0.97);
  }

  void step(double seconds) {
    counter_.add();
    session_.step(seconds);
  }

 private:
  kymo::Counter counter_;
  kymo::Gauge gauge_;
  MadeSession session_;
};

template <class World>
[[noreturn]] void serve(const std::string& port) {
  auto options = kymo::MonitorOptions::from_environment({{"listen", "127.0.0.1:" + port}});
  kymo::Registry registry;
  kymo::packs::SessionStreams streams(registry);
  World world(registry, streams);
  MadePeers peers(World::kPeerIds);
  options.registry = &registry;
  options.peers = {.table = &peers.table, .sessions = &peers.sessions};
  options.routes.push_back(kymo::sessions_route(streams));
  kymo::Monitor monitor(options);
  std::cout << "metrics " << monitor.url() << std::endl;
  for (std::uint64_t i = 0;; ++i) {
    world.step(static_cast<double>(i) / kStepsPerTick);
    peers.step(i, static_cast<double>(i) / kStepsPerTick);
    const auto drop = [](std::string_view, const std::string&) { return kymo::packs::SendResult::sent; };
    if (i % kStepsPerTick == 0) streams.tick(kymo::packs::StreamTime::now(), drop);
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view world = argc > 1 ? argv[1] : "";
  const std::string port = argc > 2 ? argv[2] : "0";
  if (world == "busy") serve<Busy>(port);
  if (world == "hostile") serve<Hostile>(port);
  std::cerr << "usage: dashboard_server busy|hostile [PORT]\n";
  return 2;
}
