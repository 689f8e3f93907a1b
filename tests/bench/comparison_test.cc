// Tests the limit between slower and noise, and the table. KYMO_UPDATE_GOLDEN=1 writes it anew: look at it.
#include <kymo/bench/comparison.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "runs.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using test::figure;
using test::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Verdict = Change::Verdict;

Verdict verdict(const Figure& now, const Figure& before) { return compare(now, &before).verdict; }

TEST(Comparison, CallsAChangeWithinTheNoiseNone) {
  EXPECT_EQ(verdict(figure("a", 102), figure("a", 100)), Verdict::same);
  EXPECT_EQ(verdict(figure("a", 120), figure("a", 100)), Verdict::slower);
  EXPECT_EQ(verdict(figure("a", 80), figure("a", 100)), Verdict::faster);
  EXPECT_EQ(verdict(figure("a", 120, 0.3), figure("a", 100)), Verdict::same) << "these turns differ by more";
  EXPECT_EQ(verdict(figure("a", 120), figure("a", 100, 0.3)), Verdict::same);
  EXPECT_EQ(compare(figure("a", 120), nullptr).verdict, Verdict::is_new);
  EXPECT_EQ(verdict(figure("a", std::nan("")), figure("a", 1)), Verdict::not_taken);
  EXPECT_EQ(verdict(figure("a", 1), figure("a", std::nan(""))), Verdict::not_taken);
}

TEST(Comparison, LaysASlowerMachineToNobodysCharge) {
  // All takes half as much again, what it is held against too.
  EXPECT_EQ(verdict(figure("a", 150, 0.02, 15), figure("a", 100, 0.02, 10)), Verdict::same);
  EXPECT_EQ(verdict(figure("a", 150, 0.02, 10), figure("a", 100, 0.02, 10)), Verdict::slower);
  // Only the limit has become faster.
  EXPECT_EQ(verdict(figure("a", 100, 0.02, 5), figure("a", 100, 0.02, 10)), Verdict::same);
}

TEST(Comparison, OfTheSameThingMeasuredTwiceIsSeldomARegression) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 0.08);
  int regressed = 0;
  constexpr int kCases = 2000;
  const auto measured = [&] {
    std::vector<double> turns;
    for (int i = 0; i < 11; ++i) turns.push_back(20 * (1 + std::abs(noise(random))));
    return figure_of("a", "ns", turns);
  };
  for (int i = 0; i < kCases; ++i) {
    const auto before = run({measured()});
    const auto now = run({measured()});
    regressed += static_cast<int>(regressions(now, before, 0).size());
  }
  EXPECT_LT(regressed, kCases / 50);
}

TEST(Comparison, FailsOnWhatIsWorseByMoreThanAskedFor) {
  const auto before = run({figure("a", 100), figure("b", 100), figure("gone", 1)});
  const auto now = run({figure("a", 108), figure("b", 130), figure("new", 1)});
  EXPECT_THAT(regressions(now, before, 0.1), ElementsAre("b: 100 ns before, 130 ns now: +30 %, noise 5 %"));
  EXPECT_EQ(regressions(now, before, 0.07).size(), 2U);
  EXPECT_THAT(regressions(now, before, 0.5), IsEmpty());
}

TEST(Comparison, SaysWhatSpeaksAgainstIt) {
  const auto before = run({});
  auto now = before;
  EXPECT_EQ(doubt(now, before), "");
  now.load = 3;
  EXPECT_THAT(doubt(now, before), HasSubstr("busy with other things (load 0.250 then, 3.00 now)"));
  now.machine.build = "14";
  EXPECT_THAT(doubt(now, before), HasSubstr("another build (12.2.0,"));
  now.machine.cores = 8;
  EXPECT_THAT(doubt(now, before), HasSubstr("on another machine"));
}

TEST(Comparison, FiguresAreQuartiles) {
  const Figure one = figure_of("a", "ms", {5, 1, 2, std::nan(""), 4, 3}, 10);
  EXPECT_EQ(one.median, 30);
  EXPECT_EQ(one.low, 20);
  EXPECT_EQ(one.high, 40);
  EXPECT_DOUBLE_EQ(one.spread(), 20.0 / 30);
  EXPECT_EQ(against(one, "limit", {0.5, 0.4, 9}, 10).times_limit(), 6);
  EXPECT_TRUE(std::isnan(figure_of("a", "ms", {std::nan("")}).median));
}

TEST(Comparison, Table) {
  const auto before =
      run({figure("counter add", 1.5, 0.02, 0.5), figure("start", 20), figure("text", 3.25), figure("b", 7)});
  const auto now = run({figure("counter add", 1.9, 0.02, 0.5), figure("start", 20.1, 0.2),
                        figure("text", 2.5), figure("only now", 1234.5), figure("not taken", std::nan(""))});
  const std::string text = table_of(now, nullptr) + "\n" + table_of(now, &before);
  const std::string path = std::string(KYMO_GOLDEN) + "/table.txt";
  if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::bench
