#include <kymo/peers/quality.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace kymo::KYMO_ABI::peers {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(QualityScore, WeighsLatencyLossAndJitter) {
  EXPECT_DOUBLE_EQ(quality_score({}), 100);
  EXPECT_DOUBLE_EQ(quality_score({.latency_ms = 150}), 60);
  EXPECT_DOUBLE_EQ(quality_score({.packet_loss_percent = 5}), 65);
  EXPECT_DOUBLE_EQ(quality_score({.jitter_ms = 50}), 75);
  EXPECT_DOUBLE_EQ(quality_score({.latency_ms = 75, .packet_loss_percent = 2.5, .jitter_ms = 25}), 50);
  EXPECT_DOUBLE_EQ(quality_score({.latency_ms = 1e9, .packet_loss_percent = 100, .jitter_ms = 1e9}), 0);
}

TEST(QualityScore, TakesWhatIsNoFigureAsTheWorst) {
  for (const double odd : {kNan, -1.0, kInfinity, -kInfinity}) {
    EXPECT_DOUBLE_EQ(quality_score({.latency_ms = odd}), 60) << odd;
    EXPECT_DOUBLE_EQ(quality_score({.packet_loss_percent = odd}), 65) << odd;
    EXPECT_DOUBLE_EQ(quality_score({.jitter_ms = odd}), 75) << odd;
  }
}

RC_GTEST_PROP(QualityScore, IsBoundedAndFallsWithEachFigure,
              (double latency, double loss, double jitter, double more)) {
  const ConnectionFigures figures{std::abs(latency), std::abs(loss), std::abs(jitter)};
  const double score = quality_score(figures);
  RC_ASSERT(score >= 0 && score <= 100);
  for (double ConnectionFigures::* const figure :
       {&ConnectionFigures::latency_ms, &ConnectionFigures::packet_loss_percent,
        &ConnectionFigures::jitter_ms}) {
    ConnectionFigures worse = figures;
    worse.*figure += std::abs(more);
    RC_ASSERT(quality_score(worse) <= score + 1e-9);
  }
}

TEST(QualityLabel, BeginsAtItsBorder) {
  EXPECT_EQ(to_string(quality_label(80)), "excellent");
  EXPECT_EQ(to_string(quality_label(79.999)), "good");
  EXPECT_EQ(to_string(quality_label(60)), "good");
  EXPECT_EQ(to_string(quality_label(59.999)), "fair");
  EXPECT_EQ(to_string(quality_label(40)), "fair");
  EXPECT_EQ(to_string(quality_label(39.999)), "poor");
  EXPECT_EQ(to_string(quality_label(kNan)), "poor");
}

TEST(QualityTrend, IsStableWithinFive) {
  EXPECT_EQ(quality_trend(50, 55), QualityTrend::stable);
  EXPECT_EQ(quality_trend(50, 55.01), QualityTrend::improving);
  EXPECT_EQ(quality_trend(50, 45), QualityTrend::stable);
  EXPECT_EQ(quality_trend(50, 44.99), QualityTrend::degrading);
  EXPECT_EQ(quality_trend(kNan, 50), QualityTrend::stable);
}

TEST(PathScore, WeighsItsParts) {
  const PathScore best = path_score({.latency_ms = 0,
                                     .jitter_ms = 0,
                                     .packet_loss_percent = 0,
                                     .bandwidth_mbit_per_s = 20,
                                     .attempted = 10,
                                     .successful = 10});
  EXPECT_DOUBLE_EQ(best.total, 100);
  const PathScore mixed = path_score({.latency_ms = 40,
                                      .jitter_ms = 10,
                                      .packet_loss_percent = 10,
                                      .bandwidth_mbit_per_s = 4,
                                      .attempted = 4,
                                      .successful = 3});
  EXPECT_DOUBLE_EQ(mixed.latency.value(), 80);
  EXPECT_DOUBLE_EQ(mixed.jitter.value(), 80);
  EXPECT_DOUBLE_EQ(mixed.packet_loss.value(), 90);
  EXPECT_DOUBLE_EQ(mixed.bandwidth.value(), 20);
  EXPECT_DOUBLE_EQ(mixed.stability.value(), 75);
  EXPECT_DOUBLE_EQ(mixed.total, 0.30 * 80 + 0.25 * 90 + 0.15 * (80 + 20 + 75));
  EXPECT_EQ(path_score({.latency_ms = kNan}).latency, 0);
  EXPECT_EQ(path_score({.jitter_ms = -1}).jitter, 0);
}

TEST(PathScore, LeavesOutWhatIsNotMeasured) {
  const PathScore probed = path_score(
      {.latency_ms = 0, .jitter_ms = 0, .packet_loss_percent = 0, .attempted = 9, .successful = 9});
  EXPECT_EQ(probed.total, 100) << "no bandwidth";
  EXPECT_FALSE(probed.bandwidth);
  const PathScore told = path_score({.packet_loss_percent = 20, .bandwidth_mbit_per_s = 8});
  EXPECT_DOUBLE_EQ(told.total, (25 * 80 + 15 * 40) / 40.0);
  EXPECT_FALSE(told.latency || told.jitter || told.stability) << "nothing was attempted";
  EXPECT_EQ(path_score({.bandwidth_mbit_per_s = 0}).total, 0) << "measured, and none";
  EXPECT_EQ(path_score({}).total, 0);
}

TEST(QualityReason, NamesWhatCostsMost) {
  EXPECT_EQ(quality_reason({}), "");
  EXPECT_EQ(quality_reason({.latency_ms = 18}), "") << "4.8 points";
  EXPECT_EQ(quality_reason({.packet_loss_percent = 100.0 / 3}), "33.3 % lost takes 35 of 100 points");
  EXPECT_EQ(quality_reason({.latency_ms = 75, .packet_loss_percent = 5, .jitter_ms = 12}),
            "5.0 % lost takes 35 of 100 points, latency 75.0 ms 20, jitter 12.0 ms 6");
  const auto costs = quality_costs({.latency_ms = 300, .jitter_ms = 50});
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].part, QualityPart::latency);
  EXPECT_EQ(costs[0].value, 300);
  EXPECT_DOUBLE_EQ(costs[1].points, 25);
  EXPECT_NE(quality_reason({.latency_ms = kInfinity, .jitter_ms = kNan}), "") << "the worst, in words";
}

TEST(Grade, BeginsAtItsBorder) {
  EXPECT_EQ(to_string(grade(90)), "A");
  EXPECT_EQ(to_string(grade(89.9)), "B");
  EXPECT_EQ(to_string(grade(70)), "B");
  EXPECT_EQ(to_string(grade(50)), "C");
  EXPECT_EQ(to_string(grade(30)), "D");
  EXPECT_EQ(to_string(grade(29.9)), "F");
  EXPECT_EQ(to_string(grade(kNan)), "F");
}

TEST(Aggregate, OfNothingHasNothing) {
  const Aggregate none = aggregate({});
  EXPECT_EQ(none.count, 0U);
  EXPECT_FALSE(none.min || none.max || none.average || none.p95 || none.sum);
  const std::vector<double> nans{kNan, kNan};
  EXPECT_EQ(aggregate(nans).count, 0U);
}

TEST(Aggregate, TakesP95ByNearestRank) {
  std::vector<double> values(100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(100 - i);
  const Aggregate all = aggregate(values);
  EXPECT_EQ(all.count, 100U);
  EXPECT_EQ(all.min, 1);
  EXPECT_EQ(all.max, 100);
  EXPECT_EQ(all.average, 50.5);
  EXPECT_EQ(all.p95, 95);
  EXPECT_EQ(all.sum, 5050);
  EXPECT_EQ(aggregate(std::vector<double>{7, kNan}).p95, 7);
}

TEST(DeviationJitter, IsThePopulationsDeviation) {
  EXPECT_EQ(deviation_jitter({}), 0);
  EXPECT_EQ(deviation_jitter(std::vector<double>{12}), 0);
  EXPECT_DOUBLE_EQ(deviation_jitter(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}), 2);
  EXPECT_NEAR(deviation_jitter(std::vector<double>{1e9 + 1, 1e9 + 3}), 1, 1e-6);
}

// The recurrence of RFC 3550, appendix A.8, in the whole numbers that it is written in: scaled by 16.
RC_GTEST_PROP(InterarrivalJitter, FollowsTheRfc, (const std::vector<std::uint16_t>& transits)) {
  InterarrivalJitter jitter;
  double scaled = 0;
  for (std::size_t i = 0; i < transits.size(); ++i) {
    jitter.add(transits[i]);
    if (i == 0) continue;
    scaled += std::abs(transits[i] - transits[i - 1]) - scaled / 16;
  }
  RC_ASSERT(std::abs(jitter.milliseconds() - scaled / 16) <= 1e-6 * (1 + scaled));
}

TEST(InterarrivalJitter, AGapBeginsANewPair) {
  InterarrivalJitter jitter;
  jitter.add(10);
  jitter.add(kNan);
  jitter.add(500);
  EXPECT_EQ(jitter.milliseconds(), 0);
  jitter.add(516);
  EXPECT_EQ(jitter.milliseconds(), 1);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::peers
