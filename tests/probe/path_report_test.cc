#include <kymo/probe/path_report.h>

#include <gtest/gtest.h>

#include <chrono>

#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;

ProbeResult answered(std::chrono::nanoseconds round_trip) {
  return {.id = {},
          .sequence = 1,
          .outcome = ProbeOutcome::answered,
          .round_trip = round_trip,
          .reordered = false,
          .ways = {},
          .reason = {}};
}

ProbeResult with(ProbeOutcome outcome, bool reordered = false) {
  ProbeResult result = answered(1ms);
  result.outcome = outcome;
  result.reordered = reordered;
  return result;
}

TEST(PathReport, NothingBeforeTheFirst) {
  const PathReport report = PathRecorder().report();
  EXPECT_EQ(report.sent, 0U);
  EXPECT_FALSE(report.min || report.quality_score || report.mean_opinion_score || report.out);
}

TEST(PathReport, SumsUp) {
  PathRecorder recorder;
  for (int i = 1; i <= 100; ++i) recorder.add(answered(std::chrono::milliseconds(101 - i)));
  for (int i = 0; i < 25; ++i) recorder.add(with(ProbeOutcome::lost));
  recorder.add(with(ProbeOutcome::late, true));
  recorder.add(with(ProbeOutcome::duplicate));
  const PathReport report = recorder.report();
  EXPECT_EQ(report.sent, 125U);
  EXPECT_EQ(report.answered, 100U);
  EXPECT_EQ(report.lost, 25U);
  EXPECT_EQ(report.late, 1U);
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_EQ(report.reordered, 1U);
  EXPECT_DOUBLE_EQ(report.loss_percent, 20);
  EXPECT_EQ(report.min, 1);
  EXPECT_EQ(report.average, 50.5);
  EXPECT_EQ(report.p50, 50);
  EXPECT_EQ(report.p95, 95);
  EXPECT_EQ(report.p99, 99);
  EXPECT_EQ(report.max, 100);
  EXPECT_NEAR(report.jitter_ms, 28.87, 0.01);
  EXPECT_NEAR(report.interarrival_jitter_ms, 1, 0.01) << "each differs by one from the one before";
  EXPECT_DOUBLE_EQ(report.quality_score.value(), peers::quality_score({50.5, 20, report.jitter_ms}));
  EXPECT_FALSE(report.out);
}

TEST(PathReport, WithoutAnAnswerItIsAsBadAsCanBe) {
  PathRecorder recorder;
  recorder.add(with(ProbeOutcome::lost));
  EXPECT_EQ(recorder.report().quality_score, 0);
  EXPECT_EQ(recorder.report().loss_percent, 100);
  EXPECT_FALSE(recorder.report().mean_opinion_score);
}

TEST(PathReport, KeepsTheLast) {
  PathRecorder recorder(4);
  for (int i = 1; i <= 10; ++i) recorder.add(answered(std::chrono::milliseconds(i)));
  EXPECT_EQ(recorder.report().answered, 10U);
  EXPECT_EQ(recorder.report().min, 7);
  EXPECT_EQ(recorder.report().max, 10);
}

TEST(PathReport, TellsHowEachWayChanges) {
  PathRecorder recorder;
  const auto add = [&](std::chrono::nanoseconds out, std::chrono::nanoseconds back, std::uint64_t responder) {
    ProbeResult result = answered(out + back);
    result.ways = OneWayTimes{.out = out + 5h, .back = back - 5h, .responder = responder};
    recorder.add(result);
  };
  add(90ms, 1ms, 1);
  add(10ms, 1ms, 2);  // began anew: its clock too
  add(10ms, 5ms, 2);
  add(12ms, 1ms, 2);
  const PathReport report = recorder.report();
  EXPECT_NEAR(report.out.value().rise_max_ms, 2, 1e-6);
  EXPECT_NEAR(report.out->rise_average_ms, 2.0 / 3, 1e-6);
  EXPECT_NEAR(report.back.value().rise_max_ms, 4, 1e-6);
  EXPECT_NEAR(report.out->jitter_ms, 2.0 / 16, 1e-6);
  EXPECT_GT(report.back->jitter_ms, report.out->jitter_ms);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
