#include <kymo/peers/peer_metrics.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <kymo/core/snapshot_builder.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::peers {
namespace {

using namespace std::chrono_literals;

class PeerMetricsTest : public testing::Test {
 protected:
  std::shared_ptr<const Snapshot> snapshot(const PeerMetricsOptions& options = {}) {
    SnapshotBuilder builder;
    write_peer_metrics(table_, options, builder);
    errors_ = builder.errors();
    return builder.finish();
  }
  /// -1: there is no such series.
  double value(std::string_view name, Labels labels = {}, const PeerMetricsOptions& options = {}) {
    const auto point = snapshot(options)->find(name, labels);
    return point ? to_double(point->number) : -1;
  }
  double of(std::string_view name, std::string_view peer) {
    const Label label{"peer", peer};
    return value(name, Labels(&label, 1));
  }

  system::ManualClock clock_;
  PeerTable table_{{.clock = &clock_}};
  std::uint64_t errors_ = 0;
};

TEST_F(PeerMetricsTest, AreInBaseUnits) {
  table_.add("a");
  table_.record_latency("a", 20ms);
  table_.record_latency("a", 40ms);
  table_.record_timeout("a");
  table_.record_limited("a");
  table_.record_latency("a", 30ms);
  table_.record_traffic("a", {.bytes_sent = 5, .bytes_received = 7});
  const PeerState state = *table_.find("a");
  EXPECT_EQ(of("kymo_peer_up", "a"), 1);
  EXPECT_DOUBLE_EQ(of("kymo_peer_latency_seconds", "a"), 0.03);
  EXPECT_DOUBLE_EQ(of("kymo_peer_jitter_seconds", "a"), state.jitter_ms / 1000);
  EXPECT_DOUBLE_EQ(of("kymo_peer_packet_loss_ratio", "a"), 0.25);
  EXPECT_EQ(of("kymo_peer_quality_score", "a"), state.quality_score);
  EXPECT_EQ(of("kymo_peer_mos", "a"), state.voice->mean_opinion_score);
  EXPECT_EQ(of("kymo_peer_sent_bytes_total", "a"), 5);
  EXPECT_EQ(of("kymo_peer_received_bytes_total", "a"), 7);
  EXPECT_EQ(value("kymo_network_quality_score"), state.path.total);
  const std::array<Label, 2> timeouts = {Label{"peer", "a"}, Label{"result", "timeout"}};
  EXPECT_EQ(value("kymo_peer_probes_total", timeouts), 1);
  const std::array<Label, 2> answers = {Label{"peer", "a"}, Label{"result", "answered"}};
  EXPECT_EQ(value("kymo_peer_probes_total", answers), 3);
  const std::array<Label, 2> limited = {Label{"peer", "a"}, Label{"result", "limited"}};
  EXPECT_EQ(value("kymo_peer_probes_total", limited), 1);
  clock_.advance(1min);
  EXPECT_EQ(of("kymo_peer_up", "a"), 0);
  const Label disconnected{"status", "disconnected"};
  EXPECT_EQ(value("kymo_peers", Labels(&disconnected, 1)), 1);
}

TEST_F(PeerMetricsTest, WhatIsNotKnownIsLeftOut) {
  table_.add("a");
  for (const char* name : {"kymo_peer_latency_seconds", "kymo_peer_jitter_seconds",
                           "kymo_peer_packet_loss_ratio", "kymo_peer_quality_score", "kymo_peer_mos"}) {
    EXPECT_EQ(of(name, "a"), -1) << name;
  }
  EXPECT_EQ(of("kymo_peer_up", "a"), 1);
  EXPECT_EQ(value("kymo_network_quality_score"), -1);
  table_.record_latency("a", 1ms);
  table_.record_timeout("a");
  EXPECT_EQ(of("kymo_peer_latency_seconds", "a"), -1) << "the last had no answer";
  EXPECT_EQ(of("kymo_peer_packet_loss_ratio", "a"), 0.5);
}

TEST_F(PeerMetricsTest, LabelsAreLimitedAndTheRestIsCounted) {
  for (const char* id : {"b", "a", "c"}) table_.add(id);
  const auto few = snapshot({.max_peers = 2});
  EXPECT_EQ(few->find("kymo_peer_up")->size(), 2U);
  EXPECT_EQ(value("kymo_peers_unlabelled", {}, {.max_peers = 2}), 1);
  EXPECT_EQ(value("kymo_peers_unlabelled", {}, {.max_peers = 0}), 3);
  EXPECT_EQ(value("kymo_peers_unlabelled"), 0);
  const Label connected{"status", "connected"};
  EXPECT_EQ(value("kymo_peers", Labels(&connected, 1), {.max_peers = 2}), 3);
}

TEST_F(PeerMetricsTest, LabelsMayBeAnonymous) {
  table_.add("abc");
  const auto hidden = snapshot({.anonymous = true});
  EXPECT_EQ(hidden->find("kymo_peer_up")->point(0).labels.text(), "peer=\"ba7816bf8f01cfea\"");
}

TEST_F(PeerMetricsTest, TakesAnyBytes) {
  table_.add(std::string("\0\xff\"\n", 4));
  EXPECT_EQ(snapshot()->find("kymo_peer_up")->point(0).labels.text(), "peer=\"\uFFFD\uFFFD\\\"\\n\"");
  EXPECT_EQ(errors_, 0U);
}

TEST_F(PeerMetricsTest, OfAThousandPeersAreAllWritten) {
  for (int i = 0; i < 1024; ++i) {
    table_.add(std::to_string(i));
    table_.record_latency(std::to_string(i), 1ms);
  }
  EXPECT_EQ(snapshot({.max_peers = 2000})->find("kymo_peer_latency_seconds")->size(), 1024U);
  EXPECT_EQ(errors_, 0U);
}

// To accept what is found: KYMO_REWRITE_GOLDEN=1 peers_metrics_test
TEST_F(PeerMetricsTest, HaveTheNamesOfTheGoldenFile) {
  table_.add("a");
  table_.record_latency("a", 1ms);
  const SessionLog log(table_);
  SnapshotBuilder builder;
  write_peer_metrics(table_, {}, builder);
  write_session_metrics(log, builder);
  const auto all = builder.finish();
  std::ostringstream reference;
  reference << std::ifstream(KYMO_REFERENCE).rdbuf();
  std::string found = "name | type | unit | help\n";
  for (const FamilySnapshot& family : all->families) {
    const Descriptor& descriptor = family.descriptor();
    found += descriptor.name + " | " + std::string(kind_name(descriptor.kind)) + " | " +
             (descriptor.unit.empty() ? "-" : descriptor.unit) + " | " + descriptor.help + '\n';
    EXPECT_NE(reference.str().find('`' + descriptor.name + '`'), std::string::npos) << descriptor.name;
  }
  if (std::getenv("KYMO_REWRITE_GOLDEN") != nullptr) std::ofstream(KYMO_GOLDEN) << found;
  std::ostringstream expected;
  expected << std::ifstream(KYMO_GOLDEN).rdbuf();
  EXPECT_EQ(found, expected.str()) << "KYMO_REWRITE_GOLDEN=1 accepts this:\n" << found;
}

}  // namespace
}  // namespace kymo::KYMO_ABI::peers
