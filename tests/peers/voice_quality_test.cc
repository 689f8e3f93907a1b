#include <kymo/peers/voice_quality.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::peers {
namespace {

TEST(RFactor, OfTheDefaultsIsTheRecommendations) { EXPECT_NEAR(r_factor({}), 93.2, 0.05); }

// ITU-T G.107, table B.1.
TEST(MeanOpinionScore, IsTheRecommendationsTable) {
  const std::vector<std::pair<double, double>> table{
      {90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}};
  for (const auto& [r, mos] : table) EXPECT_NEAR(mean_opinion_score(r), mos, 0.01) << r;
  EXPECT_NEAR(mean_opinion_score(93.2), 4.41, 0.005);
  EXPECT_EQ(mean_opinion_score(0), 1);
  EXPECT_EQ(mean_opinion_score(-20), 1);
  EXPECT_EQ(mean_opinion_score(100), 4.5);
  EXPECT_EQ(mean_opinion_score(120), 4.5);
  EXPECT_EQ(mean_opinion_score(std::numeric_limits<double>::quiet_NaN()), 1);
}

// Equation 7-29 by hand: 95 × 2 / (2/1 + 4.3) = 30.16, and with losses in bursts of twice the length 35.85.
TEST(RFactor, LosesWhatPacketLossTakes) {
  const double whole = r_factor({});
  EXPECT_NEAR(whole - r_factor({.packet_loss_percent = 2}), 30.16, 0.005);
  EXPECT_NEAR(whole - r_factor({.packet_loss_percent = 2, .burst_ratio = 2}), 35.85, 0.005);
  EXPECT_NEAR(whole - r_factor({.equipment_impairment = 11, .packet_loss_robustness = 19}), 11, 1e-9);
}

// Equations 7-27 and 7-28 by hand: at 200 ms X is 1, and Idd 25 (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2) = 3.045.
TEST(RFactor, LosesWhatALongDelayTakes) {
  const double most_patient = r_factor({.one_way_delay_ms = 200, .minimum_perceivable_delay_ms = 150});
  const double usual = r_factor({.one_way_delay_ms = 200});
  EXPECT_GT(most_patient, usual);
  const double x = std::log2(200.0 / 150);
  const auto idd = [](double log_ratio) {
    return 25 * (std::pow(1 + std::pow(log_ratio, 6), 1.0 / 6) -
                 3 * std::pow(1 + std::pow(log_ratio / 3, 6), 1.0 / 6) + 2);
  };
  EXPECT_NEAR(idd(1), 3.045, 0.001);
  EXPECT_NEAR(most_patient - usual, idd(1) - idd(x), 1e-9);
}

TEST(RFactor, AnAdvantageIsAdded) {
  EXPECT_NEAR(r_factor({.packet_loss_percent = 10, .advantage = 10}) - r_factor({.packet_loss_percent = 10}),
              10, 1e-9);
}

TEST(RFactor, TakesParametersOutsideTheirRangeAsItsEnd) {
  EXPECT_EQ(r_factor({.packet_loss_percent = -3}), r_factor({}));
  EXPECT_EQ(r_factor({.packet_loss_percent = 1000}), r_factor({.packet_loss_percent = 100}));
  EXPECT_EQ(r_factor({.one_way_delay_ms = std::numeric_limits<double>::quiet_NaN()}), r_factor({}));
  EXPECT_EQ(r_factor({.one_way_delay_ms = -1}), r_factor({}));
}

RC_GTEST_PROP(RFactor, FallsWithDelayAndLoss, (double delay, double loss, double more)) {
  const VoicePath path{.one_way_delay_ms = std::abs(delay), .packet_loss_percent = std::abs(loss)};
  const double r = r_factor(path);
  RC_ASSERT(r >= 0 && r <= 93.3);
  VoicePath later = path;
  later.one_way_delay_ms += std::abs(more);
  // Sidetone and the talker's echo meet within the first milliseconds, where a little delay does a little
  // good.
  RC_ASSERT(r_factor(later) <= r + 0.5);
  VoicePath lossier = path;
  lossier.packet_loss_percent += std::abs(more);
  RC_ASSERT(r_factor(lossier) <= r + 1e-9);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::peers
