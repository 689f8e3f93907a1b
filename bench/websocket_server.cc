// The server of bench/websocket: the hub and the HTTP server as a Monitor joins them, over series that all
// change each tick. Says where it listens; answers each line of its standard input with its figures.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <kymo/base/clock.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/live/router.h>
#include <kymo/net/http_server.h>

#include "arguments.h"
#include "websocket_subject.h"

namespace {

using namespace kymo;
using namespace kymo::bench;
using Clock = std::chrono::steady_clock;

/// Wakes the thread that works for the hub.
class Wakeup final {
 public:
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  void wait_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, std::min(time, Clock::now() + std::chrono::seconds(1)),
                        [this] { return woken_; });
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

net::HttpServerOptions server_options() {
  net::HttpServerOptions options;
  options.limits.connections = options.limits.connections_per_address = 40'000;
  return options;
}

void print_figures(const live::MetricsHub& hub, std::uint64_t encoded) {
  const auto live = hub.statistics();
  std::printf(R"({"cpu_seconds":%.6f,"resident_bytes":%ld,"clients":%lu,"frames_sent":%lu,)"
              R"("frames_conflated":%lu,"slow_closed":%lu,"encoded":%lu})"
              "\n",
              cpu_seconds(), resident_bytes(), live.clients, live.frames_sent, live.frames_conflated,
              live.slow_closed, encoded);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int series = argc > 1 ? kymo::bench::number_of(argv[1]) : 500;
  const bool shares = argc < 3 || std::string_view(argv[2]) != "unshared";
  Subject subject(series);
  const base::RealClock clock;
  Wakeup wakeup;
  std::atomic<std::uint64_t> encoded{0};
  live::MetricsHub hub({.snapshot = [&] { return subject.snapshot(); },
                        .clock = clock,
                        .wake = [&] { wakeup.wake(); },
                        .on_encoded = [&](std::chrono::nanoseconds) { ++encoded; },
                        .limits = {.shares_frames = shares}});
  const live::Router router({live::metrics_socket_route(hub)});
  net::HttpServer server(server_options(),
                         [&](const net::HttpRequest& request) { return router.handle(request); });
  server.start();
  std::printf("%d\n", server.endpoint().port);
  std::fflush(stdout);
  std::atomic<bool> ended{false};
  std::thread worker([&] {
    while (!ended) wakeup.wait_until(hub.work());
  });
  for (std::string line; std::getline(std::cin, line);) print_figures(hub, encoded);
  server.stop();
  ended = true;
  wakeup.wake();
  worker.join();
}
