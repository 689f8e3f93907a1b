// Lines through points, and how far they are to be trusted.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <kymo/watch/growth.h>

namespace kymo::KYMO_ABI::watch {
namespace {

TEST(RobustLine, FindsALineThatIsOne) {
  const std::vector<double> x = {0, 1, 2, 3, 10};
  const std::vector<double> y = {5, 7, 9, 11, 25};
  const auto line = fit_robust_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 2, 1e-12);
  EXPECT_NEAR(line->intercept, 5, 1e-12);
  EXPECT_NEAR(line->r_squared, 1, 1e-12);
  EXPECT_NEAR(line->slope_low, 2, 1e-6);
  EXPECT_NEAR(line->slope_high, 2, 1e-6);
}

TEST(RobustLine, HasTheMedianOfAllSlopes) {
  const std::vector<double> x = {0, 1, 2, 3};
  const std::vector<double> y = {0, 1, 2, 5};
  const auto line = fit_robust_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->slope, (1.0 + 5.0 / 3) / 2) << "of 1, 1, 1, 5/3, 2, 3";
}

TEST(RobustLine, IsNotMovedByWildPoints) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 40; ++i) {
    x.push_back(i);
    y.push_back(3 * i + (i % 5 == 0 ? 1e6 : 0));
  }
  const auto line = fit_robust_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 3, 0.5);
}

TEST(RobustLine, KnowsHowSureATrendIs) {
  std::vector<double> rising;
  for (int i = 0; i < 20; ++i) rising.push_back(i);
  EXPECT_NEAR(trend_score(rising), 190 / std::sqrt(20.0 * 19 * 45 / 18), 1e-12);
  std::ranges::reverse(rising);
  EXPECT_LT(trend_score(rising), -6);
  EXPECT_EQ(trend_score(std::vector<double>(20, 7)), 0);
  EXPECT_EQ(trend_score(std::vector<double>{1, 2}), 0);
}

TEST(RobustLine, HasNothingToSayOfTooLittle) {
  const std::vector<double> two = {1, 2};
  const std::vector<double> same = {1, 1, 1};
  const std::vector<double> three = {1, 2, 3};
  const std::vector<double> hole = {1, std::nan(""), 3};
  EXPECT_FALSE(fit_robust_line(two, two));
  EXPECT_FALSE(fit_robust_line(same, three)) << "x does not vary";
  EXPECT_FALSE(fit_robust_line(three, hole));
  const auto flat = fit_robust_line(three, same);
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->slope, 0);
  EXPECT_EQ(flat->r_squared, 0);
}

TEST(RobustLine, HoldsTheTrueSlopeInAboutAsManyCasesAsItSays) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 3);
  int held = 0;
  constexpr int kCases = 1000;
  for (int i = 0; i < kCases; ++i) {
    std::vector<double> x;
    std::vector<double> y;
    for (int at = 0; at < 40; ++at) {
      x.push_back(at);
      y.push_back(0.25 * at + noise(random));
    }
    const auto line = fit_robust_line(x, y);
    ASSERT_TRUE(line);
    if (line->slope_low <= 0.25 && 0.25 <= line->slope_high) ++held;
  }
  EXPECT_GE(held, 930);
  EXPECT_LE(held, 990);
}

TEST(RobustLine, TrustsReadingsThatAreAlikeLess) {
  std::mt19937 random(11);
  std::normal_distribution<double> step(0, 1);
  int held = 0;
  constexpr int kCases = 300;
  for (int i = 0; i < kCases; ++i) {
    std::vector<double> x;
    std::vector<double> y;
    double deviation = 0;
    for (int at = 0; at < 48; ++at) {
      deviation = 0.8 * deviation + step(random);
      x.push_back(at);
      y.push_back(deviation);
    }
    const auto line = fit_robust_line(x, y);
    ASSERT_TRUE(line);
    if (line->slope_low <= 0 && 0 <= line->slope_high) ++held;
  }
  // Taken as independent, about half of them would claim a slope that there is not.
  EXPECT_GE(held, kCases * 85 / 100);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
