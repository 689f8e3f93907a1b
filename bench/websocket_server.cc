// The server of bench/websocket: the hub and the HTTP server as a Monitor joins them, over series that all
// change each tick. Says where it listens; answers each line of its standard input with its figures.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/live/router.h>
#include <kymo/model/clock.h>
#include <kymo/net/http_server.h>

#include "arguments.h"

namespace {

using namespace kymo;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long resident_bytes() {
  long size = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

/// `series` gauges, all of them new at each Snapshot; the first tells when it was taken.
class Subject final {
 public:
  explicit Subject(int series) {
    taken_ = registry_.gauge("a.taken", "When the values were taken.");
    for (int i = 1; i < series; ++i) {
      const std::string name = "bench.value." + std::to_string(i);
      gauges_.push_back(registry_.gauge(name, "A value that changes."));
    }
  }
  std::shared_ptr<const Snapshot> snapshot() {
    tick_ += 1;
    for (std::size_t i = 0; i < gauges_.size(); ++i) gauges_[i].set(tick_ + static_cast<double>(i) * 0.25);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    taken_.set(now.count());
    return registry_.snapshot();
  }

 private:
  Registry registry_;
  Gauge taken_;
  std::vector<Gauge> gauges_;
  double tick_ = 0;
};

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
  const bool shares = argc < 3 || std::string_view(argv[2]) != "naive";
  Subject subject(series);
  const model::RealClock clock;
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
