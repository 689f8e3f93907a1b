// Lines through points, and how far they are to be trusted.
#include "src/watch/least_squares.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace kymo::watch {
namespace {

TEST(LeastSquares, FindsALineThatIsOne) {
  const std::vector<double> x = {0, 1, 2, 3, 10};
  const std::vector<double> y = {5, 7, 9, 11, 25};
  const auto line = fit_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 2, 1e-12);
  EXPECT_NEAR(line->intercept, 5, 1e-12);
  EXPECT_NEAR(line->r_squared, 1, 1e-12);
  EXPECT_NEAR(line->slope_low, 2, 1e-6);
  EXPECT_NEAR(line->slope_high, 2, 1e-6);
}

/// Anscombe's first quartet, whose figures stand in textbooks: slope 0.500, intercept 3.00, r² 0.67, standard
/// error of the slope 0.118.
TEST(LeastSquares, AgreesWithATextbook) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const auto line = fit_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 0.5001, 1e-4);
  EXPECT_NEAR(line->intercept, 3.0001, 1e-4);
  EXPECT_NEAR(line->r_squared, 0.6665, 1e-4);
  // Its deviations are not alike one after the other, so that the interval is the textbook's.
  EXPECT_NEAR(line->slope_high - line->slope, 2.262 * 0.1179, 2e-3);
}

TEST(LeastSquares, HasNothingToSayOfTooLittle) {
  const std::vector<double> two = {1, 2};
  const std::vector<double> same = {1, 1, 1};
  const std::vector<double> three = {1, 2, 3};
  const std::vector<double> hole = {1, std::nan(""), 3};
  EXPECT_FALSE(fit_line(two, two));
  EXPECT_FALSE(fit_line(same, three)) << "x does not vary";
  EXPECT_FALSE(fit_line(three, hole));
  const auto flat = fit_line(three, same);
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->slope, 0);
  EXPECT_EQ(flat->r_squared, 0);
}

TEST(LeastSquares, KnowsStudentsTable) {
  const std::vector<std::pair<double, double>> table = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
                                                        {5, 2.571},  {10, 2.228}, {30, 2.042}, {1000, 1.962}};
  for (const auto& [freedom, value] : table) EXPECT_NEAR(student_95(freedom), value, 0.02) << freedom;
  EXPECT_TRUE(std::isinf(student_95(0.5)));
}

TEST(LeastSquares, HoldsTheTrueSlopeInAboutAsManyCasesAsItSays) {
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
    const auto line = fit_line(x, y);
    ASSERT_TRUE(line);
    if (line->slope_low <= 0.25 && 0.25 <= line->slope_high) ++held;
  }
  EXPECT_GE(held, 930);
  EXPECT_LE(held, 990);
}

TEST(LeastSquares, TrustsReadingsThatAreAlikeLess) {
  std::mt19937 random(11);
  std::normal_distribution<double> step(0, 1);
  int held = 0;
  constexpr int kCases = 500;
  for (int i = 0; i < kCases; ++i) {
    std::vector<double> x;
    std::vector<double> y;
    double deviation = 0;
    for (int at = 0; at < 200; ++at) {
      deviation = 0.8 * deviation + step(random);
      x.push_back(at);
      y.push_back(deviation);
    }
    const auto line = fit_line(x, y);
    ASSERT_TRUE(line);
    if (line->slope_low <= 0 && 0 <= line->slope_high) ++held;
  }
  // Taken as independent, about half of them would claim a slope that there is not.
  EXPECT_GE(held, kCases * 85 / 100);
}

}  // namespace
}  // namespace kymo::watch
