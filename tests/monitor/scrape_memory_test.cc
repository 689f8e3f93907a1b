#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kymo/core/counter.h>
#include <kymo/monitor/monitor.h>

#include "tests/support/sanitizers.h"

namespace kymo {
namespace {

#if KYMO_ADDRESS_SANITIZER || KYMO_THREAD_SANITIZER
constexpr bool kCountsFaults = false;  // sanitizers need memory themselves
#else
constexpr bool kCountsFaults = true;
#endif

constexpr long kMostFaults = 100;

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// Reads a response to its end and keeps none of it: the client shares its process with the server.
std::size_t size_of_response(const net::Endpoint& endpoint, const std::string& request) {
  static std::array<char, 1 << 16> buffer;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  (void)::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  std::size_t size = 0;
  for (ssize_t count = 1; count > 0; size += static_cast<std::size_t>(count)) {
    count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0) count = 0;
  }
  ::close(socket);
  return size;
}

/// Scrapes one kind of registry in one form.
struct Case {
  std::string name;
  std::string path;
  std::string header;
  std::size_t families;
  std::size_t series;
  bool histograms = false;
};

class ScrapeMemory : public testing::TestWithParam<Case> {};

TEST_P(ScrapeMemory, ALaterScrapeTouchesNoFreshMemory) {
  const Case& one = GetParam();
  Registry registry({.max_series_per_family = 200'000, .max_series = 400'000});
  std::vector<Family<Counter>> counters;
  std::vector<Family<Timing>> timings;
  for (std::size_t f = 0; f < one.families; ++f) {
    const std::string name = "family_" + std::to_string(f);
    if (one.histograms) {
      timings.push_back(registry.family<Timing>(name, "Holds series.", {.recent = 0}));
    } else {
      counters.push_back(registry.family<Counter>(name, "Holds series."));
    }
    for (std::size_t s = 0; s < one.series; ++s) {
      const std::string value = std::to_string(s);
      if (one.histograms) {
        timings.back().with({{"id", value}}).record(std::chrono::microseconds(s + 1));
      } else {
        counters.back().with({{"id", value}}).add();
      }
    }
  }
  MonitorOptions options;
  options.listen = "127.0.0.1:0";
  options.registry = &registry;
  options.tick_interval = std::chrono::hours(1);
  options.system = options.process = false;
  // malloc has a heap for each thread, and the first scrape of a thread fills it.
  options.http.threads = 1;
  Monitor monitor(options);
  const std::string request =
      "GET " + one.path + " HTTP/1.1\r\nHost: localhost\r\n" + one.header + "Connection: close\r\n\r\n";
  for (int scrape = 1; scrape <= 6; ++scrape) {
    const long before = page_faults();
    const std::size_t size = size_of_response(monitor.endpoint(), request);
    const long faults = page_faults() - before;
    EXPECT_GT(size, one.families * one.series);
    if (scrape >= 3 && kCountsFaults) {
      EXPECT_LE(faults, kMostFaults) << "scrape " << scrape;
    }
  }
}

const std::string kOpenMetrics = "Accept: application/openmetrics-text; version=1.0.0\r\n";
const std::string kGzip = "Accept-Encoding: gzip\r\n";

INSTANTIATE_TEST_SUITE_P(Forms, ScrapeMemory,
                         testing::Values(Case{"text", "/metrics", "", 1, 100'000},
                                         Case{"openmetrics", "/metrics", kOpenMetrics, 1, 100'000},
                                         Case{"json", "/api/metrics", "", 1, 100'000},
                                         Case{"packed", "/metrics", kGzip, 1, 100'000},
                                         Case{"packed_json", "/api/metrics", kGzip, 1, 100'000},
                                         Case{"families", "/metrics", "", 1000, 100},
                                         Case{"large_families", "/metrics", "", 100, 1000},
                                         Case{"histograms", "/metrics", "", 1, 10'000, true}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace kymo
