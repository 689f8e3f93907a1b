#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <kymo/format/lint.h>
#include <kymo/monitor/monitor.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

namespace kymo {
namespace {

/// Names that Prometheus' own exporters gave (`node_…`, `process_…`) are as they are; ours follow the rules.
TEST(Names, OfAllThatAMonitorExportsFollowTheConventions) {
  using namespace std::chrono_literals;
  peers::PeerTable table;
  peers::SessionLog sessions(table);
  table.add("a");
  table.record_latency("a", 1ms);
  Monitor monitor({.listen = "127.0.0.1:0", .peers = {.table = &table, .sessions = &sessions}});
  for (int i = 0; i < 2000 && !monitor.ready(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto snapshot = monitor.snapshot();
  ASSERT_NE(snapshot->find("kymo_tick_duration_seconds"), nullptr);
  ASSERT_NE(snapshot->find("kymo_http_requests_total"), nullptr);
  for (const char* name : {"kymo_ws_clients",
                           "kymo_ws_frames_sent_total",
                           "kymo_ws_frames_conflated_total",
                           "kymo_ws_frames_failed_total",
                           "kymo_ws_slow_closed_total",
                           "kymo_ws_messages_refused_total",
                           "kymo_ws_frame_encode_seconds",
                           "kymo_peer_up",
                           "kymo_peer_latency_seconds",
                           "kymo_peer_jitter_seconds",
                           "kymo_peer_packet_loss_ratio",
                           "kymo_peer_quality_score",
                           "kymo_peer_mos",
                           "kymo_peer_sent_bytes_total",
                           "kymo_peer_received_bytes_total",
                           "kymo_peer_probes_total",
                           "kymo_peers",
                           "kymo_network_quality_score",
                           "kymo_peer_sessions",
                           "kymo_history_series",
                           "kymo_history_memory_bytes",
                           "kymo_history_late_ticks_total"}) {
    EXPECT_NE(snapshot->find(name), nullptr) << name;
  }
  std::vector<std::string> findings;
  for (const format::LintFinding& finding : format::lint(*snapshot)) {
    if (finding.family.starts_with("kymo_")) findings.push_back(finding.family + ": " + finding.problem);
  }
  EXPECT_THAT(findings, testing::IsEmpty());
}

}  // namespace
}  // namespace kymo
