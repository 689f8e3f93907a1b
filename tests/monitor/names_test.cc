#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <kymo/format/lint.h>
#include <kymo/monitor/monitor.h>

namespace kymo {
namespace {

/// Names that Prometheus' own exporters gave (`node_…`, `process_…`) are as they are; ours follow the rules.
TEST(Names, OfAllThatAMonitorExportsFollowTheConventions) {
  Monitor monitor({.listen = "127.0.0.1:0"});
  for (int i = 0; i < 2000 && !monitor.ready(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto snapshot = monitor.snapshot();
  ASSERT_NE(snapshot->find("kymo_tick_duration_seconds"), nullptr);
  ASSERT_NE(snapshot->find("kymo_http_requests_total"), nullptr);
  for (const char* name : {"kymo_ws_clients", "kymo_ws_frames_sent_total", "kymo_ws_frames_conflated_total",
                           "kymo_ws_frames_failed_total", "kymo_ws_slow_closed_total",
                           "kymo_ws_messages_refused_total", "kymo_ws_frame_encode_seconds"}) {
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
