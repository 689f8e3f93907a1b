// A process that shows its vital signs, and readers that are slow, many, stuck, or not there at all.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <kymo/monitor/monitor.h>

#include "tests/net/raw_client.h"
#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;
using net::test::RawClient;

const std::string kAnyPort = "127.0.0.1:0";
// Elapsed time on a busy machine; what is asked for takes a millisecond.
constexpr auto kSoon = kSanitized ? 20s : 5s;

std::string request_for(const std::string& path, const std::string& connection = "close") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + connection + "\r\n\r\n";
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

MonitorOptions quiet_options() {
  MonitorOptions options;
  options.listen = kAnyPort;
  options.tick_interval = std::chrono::hours(1);
  options.system = false;
  options.process = false;
  options.limits.series_per_family = 100'000;
  return options;
}

// A document of about a hundred bytes a series.
void fill(Registry& registry, int series) {
  const auto family = registry.family<Counter, "id", "text">("family", "F.");
  for (int id = 0; id < series; ++id) family.with(id, std::string(60, 'x')).add();
}

/// Clients that ask for the metrics and take nothing of the answer yet, beyond what the kernel holds for
/// them.
std::vector<std::unique_ptr<RawClient>> waiting_clients(const Monitor& monitor, int count) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(monitor.endpoint().port));
    EXPECT_TRUE(clients.back()->send(request_for("/metrics")));
  }
  return clients;
}

TEST(Monitor, AHundredSlowScrapesShareOneSnapshotAndOneDocument) {
  const int series = repetitions(20'000, 3'000);
  Monitor monitor(quiet_options());
  fill(monitor.registry(), series);
  std::atomic<int> snapshots{0};
  const Registration slow = monitor.registry().observe_gauge("slow", "S.", [&] {
    std::this_thread::sleep_for(50ms);
    return static_cast<double>(++snapshots);
  });
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  snapshots = 0;
  const std::size_t before = resident_bytes();
  auto clients = waiting_clients(monitor, 100);
  ASSERT_TRUE(eventually([&] { return snapshots > 0; }));
  std::size_t document = 0;
  std::size_t most = 0;
  for (auto& client : clients) {
    const auto response = client->read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    document = response->body.size();
    client.reset();  // what it holds is this test's, not the server's
    most = std::max(most, resident_bytes());
  }
  EXPECT_LE(snapshots, 10) << "for a hundred scrapes";
  EXPECT_GT(document, static_cast<std::size_t>(series) * 60);
  if (!kSanitized) {
    EXPECT_LT(most - std::min(most, before), 20 * document) << "a hundred documents were made";
  }
}

TEST(Monitor, StalledReadersDelayNoHealthCheck) {
  Monitor monitor(quiet_options());
  fill(monitor.registry(), repetitions(50'000, 20'000));
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const auto clients = waiting_clients(monitor, 20);
  for (const char* path : {"/healthz", "/readyz", "/healthz"}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto response = net::test::get(monitor.endpoint().port, path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 200) << path;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon) << path;
  }
}

TEST(Monitor, ACallbackThatHangsDelaysNoHealthCheckAndNoRecord) {
  Monitor monitor(quiet_options());
  Counter counter = monitor.registry().counter("counter", "C.");
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  std::atomic<int> waiting{0};
  std::binary_semaphore go_on(0);
  Registration hangs = monitor.registry().observe_gauge("hangs", "H.", [&] {
    ++waiting;
    go_on.acquire();
    go_on.release();  // and for all who come later
    return 1.0;
  });
  const auto clients = waiting_clients(monitor, 8);
  ASSERT_TRUE(eventually([&] { return waiting > 0; }));
  for (const char* path : {"/healthz", "/readyz"}) {
    const auto response = net::test::get(monitor.endpoint().port, path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 200) << path;
  }
  for (int i = 0; i < 1000; ++i) counter.add(1);
  EXPECT_EQ(counter.value(), 1000U);
  EXPECT_NE(monitor.snapshot(), nullptr) << "the last one, since this one hangs";
  go_on.release();
}

TEST(Monitor, WithoutAReaderKeepsItsMemory) {
  MonitorOptions options;
  options.listen = kAnyPort;
  options.tick_interval = 100ms;
  Monitor monitor(options);
  Registry& registry = monitor.registry();
  Counter counter = registry.counter("counter", "C.", {.exemplars = Exemplars::on});
  Gauge gauge = registry.gauge("gauge", "G.");
  Histogram histogram = registry.histogram("histogram", "H.", {.exemplars = Exemplars::on});
  Timing timing = registry.timing("timing", "T.");
  Window window = registry.window("window", "W.");
  const auto record_for = [&](std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
      counter.add_with_exemplar(1, {{"trace_id", std::to_string(i)}});
      histogram.record_with_exemplar(i % 1000, {{"trace_id", std::to_string(i)}});
      gauge.set(i), timing.record(std::chrono::microseconds(i)), window.record(i);
      if (i % 1000 == 0) std::this_thread::sleep_for(1ms);
    }
  };
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  record_for(500ms);
  const std::size_t before = resident_bytes();
  record_for(1500ms * repetitions(1, 1));
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + (std::size_t{1} << 20U));
  }
  EXPECT_GT(counter.value(), 0U);
}

// A program that the process starts must not hold its port or its connections.
TEST(Monitor, LeavesNoFileToProgramsThatTheProcessStarts) {
  const auto files_of_a_program = [] { return run_program({"/bin/ls", "/proc/self/fd"}, {}, 20s).output; };
  const std::string expected = files_of_a_program();
  MonitorOptions options;
  options.listen = kAnyPort;
  options.tick_interval = 100ms;  // it opens the kernel's files ten times a second
  const Monitor monitor(options);
  ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
  const RawClient open_connection(monitor.endpoint().port);
  EXPECT_TRUE(open_connection.send(request_for("/metrics", "keep-alive")));
  for (int i = 0; i < repetitions(200, 20); ++i) ASSERT_EQ(files_of_a_program(), expected) << i;
}

TEST(Monitor, LeavesNoFileBehind) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  std::ptrdiff_t before = 0;
  for (int i = 0; i < 20; ++i) {
    Monitor monitor(quiet_options());
    ASSERT_TRUE(eventually([&] { return monitor.ready(); }));
    (void)net::test::get(monitor.endpoint().port, "/metrics");
    monitor.stop();
    if (i == 0) before = open_files();
    EXPECT_EQ(open_files(), before) << i;
  }
}

}  // namespace
}  // namespace kymo::robustness
