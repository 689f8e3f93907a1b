#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/format/json.h>

#include "tests/packs/all_packs.h"

// Packs and what is recorded by name under the packs' names.
namespace kymo::KYMO_ABI::packs {
namespace {

using namespace std::chrono_literals;

struct PackMetric {
  std::string name;
  Kind kind;
  bool is_duration;
};

/// All that the packs register and that recording by name has a word for.
std::vector<PackMetric> pack_metrics() {
  Registry registry;
  const AllPacks packs(registry);
  std::vector<PackMetric> metrics;
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    const Descriptor& descriptor = family.descriptor();
    if (descriptor.name.starts_with("kymo_") || descriptor.kind == Kind::window) continue;
    const bool is_duration = descriptor.kind == Kind::histogram && descriptor.unit == "seconds";
    if (descriptor.kind == Kind::histogram && !is_duration) continue;
    metrics.push_back({descriptor.name, descriptor.kind, is_duration});
  }
  return metrics;
}

void record(Collector& metrics, const PackMetric& metric) {
  const Label tag{"by", "name"};
  if (metric.is_duration) return metrics.timing(metric.name, 0.5, Labels(&tag, 1));
  if (metric.kind == Kind::gauge) return metrics.gauge(metric.name, 3, Labels(&tag, 1));
  metrics.increment(metric.name, 3, Labels(&tag, 1));
}

bool is_read(const Collector& metrics, const PackMetric& metric) {
  if (metric.is_duration) return metrics.get_timing(metric.name, {{"by", "name"}}).has_value();
  if (metric.kind == Kind::gauge) return metrics.get_gauge(metric.name, {{"by", "name"}}).has_value();
  return metrics.get_counter(metric.name, {{"by", "name"}}) == 3;
}

/// The keys of the objects, two deep into "metrics", where one stands twice.
std::set<std::string> repeated_keys(const std::string& json) {
  std::set<std::string> seen;
  std::set<std::string> repeated;
  std::string section;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t end = std::min(json.find('\n', at), json.size());
    const std::string line = json.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("    \"")) section = line;
    if (line.starts_with("      \"") && !seen.insert(section + line).second) repeated.insert(line);
  }
  return repeated;
}

TEST(SharedNames, OfEveryPackAreJoinedWhoeverComesFirst) {
  for (const bool pack_first : {true, false}) {
    std::vector<std::string> messages;
    Registry registry({.error_sink = [&](std::string_view message) { messages.emplace_back(message); }});
    Collector metrics(registry);
    std::optional<AllPacks> packs;
    if (pack_first) packs.emplace(registry);
    for (const PackMetric& metric : pack_metrics()) record(metrics, metric);
    if (!pack_first) {
      ASSERT_NO_THROW(packs.emplace(registry));
    }
    for (const PackMetric& metric : pack_metrics()) record(metrics, metric);
    EXPECT_THAT(messages, testing::IsEmpty());
    packs->server.requests.add(5);
    metrics.increment("server.requests", 2);
    EXPECT_EQ(packs->server.requests.value(), 7U);
    EXPECT_EQ(metrics.get_counter("server.requests"), 7);
    for (const PackMetric& metric : pack_metrics()) {
      if (metric.kind == Kind::counter || metric.kind == Kind::up_down_counter) {
        EXPECT_EQ(metrics.get_counter(metric.name, {{"by", "name"}}), 6) << metric.name;
      } else {
        EXPECT_TRUE(is_read(metrics, metric)) << metric.name;
      }
    }
    std::string json;
    format::write_json(*registry.snapshot(), json);
    EXPECT_THAT(repeated_keys(json), testing::IsEmpty());
  }
}

// The guide's two ways to count events, in one program.
TEST(SharedNames, TheGuidesOwnSnippetsCountTogether) {
  for (const bool pack_first : {true, false}) {
    Registry registry;
    Collector metrics(registry);
    std::optional<EventMetrics> events;
    if (pack_first) events.emplace(registry);
    metrics.increment("events.processed", {{"event_type", "play"}});
    if (!pack_first) events.emplace(registry);
    {
      const auto event = events->handle("play");
    }
    {
      const auto timer = metrics.timer("event.processing.duration");
    }
    EXPECT_EQ(metrics.get_counter("events.processed", {{"event_type", "play"}}), 1);
    EXPECT_EQ(metrics.get_counter("events.processed"), 1);
    EXPECT_EQ(metrics.get_counter("events.processed.by_type", {{"event_type", "play"}}), 1);
    EXPECT_EQ(metrics.get_timing("event.processing.duration")->count, 2U);
  }
}

TEST(SharedNames, AHitRateThatIsSetIsThereOnce) {
  for (const bool pack_first : {true, false}) {
    Registry registry;
    Collector metrics(registry);
    std::optional<CacheMetrics> cache;
    if (pack_first) cache.emplace(registry);
    metrics.gauge("cache.hit_rate", 0.87);
    if (!pack_first) cache.emplace(registry);
    cache->look_up(false);
    EXPECT_EQ(metrics.get_gauge("cache.hit_rate")->current, 0.87);
    std::string json;
    format::write_json(*registry.snapshot(), json);
    EXPECT_THAT(repeated_keys(json), testing::IsEmpty());
    EXPECT_THAT(json, testing::HasSubstr("cache.hit_rate"));
  }
}

double number(Registry& registry, std::string_view name) {
  const auto point = registry.snapshot()->find(name, {});
  return point ? to_double(point->number) : -1;
}

// Connections that are open at a reset close later.
TEST(Reset, OfEveryPackNeverMakesALevelNegative) {
  for (const bool only_counters : {true, false}) {
    Registry registry;
    AllPacks packs(registry);
    std::optional<ServerMetrics::Connection> connections[] = {packs.server.connect(), packs.server.connect()};
    std::optional<WebSocketMetrics::Client> client = packs.websocket.connect();
    packs.server.active_processes.add(2);
    auto http = packs.http.active_connections.with("/", "x", "in", "s", "m");
    http.add(3);
    auto webrtc = packs.webrtc.peer_connections_active.with("s", "m");
    webrtc.add(1);
    packs.stream.active_sessions.add(2);
    UdpMetrics::Stream stream(packs.udp);
    for (const std::uint32_t packet : {1, 2, 5}) (void)stream.receive(packet);
    auto event = std::optional<EventMetrics::Handling>();
    event.emplace(packs.events, packs.events.type("x"));

    only_counters ? registry.reset_counters() : registry.reset();
    EXPECT_EQ(number(registry, "server.active_connections"), 2);
    EXPECT_EQ(packs.udp.loss_rate(), 0.4) << "two of five, whatever was reset";
    connections[0].reset();
    connections[1].reset();
    client.reset();
    packs.server.active_processes.sub(2);
    http.sub(3);
    webrtc.sub(1);
    packs.stream.active_sessions.sub(2);
    for (const std::uint32_t packet : {3, 4}) (void)stream.receive(packet);
    event.reset();
    for (const char* name : {"server.active_connections", "server.active_processes", "websocket.clients",
                             "active_sessions", "udp.packet.dropped"}) {
      EXPECT_EQ(number(registry, name), 0) << name;
    }
    EXPECT_EQ(http.value(), 0);
    EXPECT_EQ(webrtc.value(), 0);
    EXPECT_EQ(packs.udp.loss_rate(), 0);
    const auto snapshot = registry.snapshot();
    for (const FamilySnapshot& family : snapshot->families) {
      if (family.descriptor().kind == Kind::histogram || family.descriptor().kind == Kind::window) continue;
      for (std::size_t i = 0; i < family.size(); ++i)
        EXPECT_GE(to_double(family.point(i).number), 0) << family.descriptor().name;
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
