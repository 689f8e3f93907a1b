// A server for tests: a Monitor with as many series as asked for, and nothing of the host.
//   many_series COUNT
// The program prints its address, and runs until it is killed.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/monitor/monitor.h>

int main(int argc, char** argv) {
  const long count = argc == 2 ? std::atol(argv[1]) : 0;
  if (count <= 0) {
    std::cerr << "usage: many_series COUNT\n";
    return 2;
  }
  auto options = kymo::MonitorOptions::from_environment(
      {{"listen", "127.0.0.1:0"}, {"system.enabled", "no"}, {"limits.series_per_family", "10000000"}});
  kymo::Monitor monitor(options);
  auto family = monitor.registry().family<kymo::Counter, "client">("server.requests", "Requests answered.");
  std::vector<kymo::Counter> kept;  // a series without a handle would expire
  for (long i = 0; i < count; ++i) kept.push_back(family.with("client-number-" + std::to_string(i)));
  std::cout << "metrics " << monitor.url() << "/metrics" << std::endl;
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}
