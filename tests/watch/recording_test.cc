// Totals of all readings, and a bounded part of them one by one.
#include <kymo/watch/recording.h>

#include <gtest/gtest.h>

#include <cmath>

namespace kymo::KYMO_ABI::watch {
namespace {

Sample sample_of(double at, double seconds, double cpu) {
  Sample sample{.at = at, .seconds = seconds, .values = {}};
  sample.values.fill(std::nan(""));
  sample.values[index_of(Metric::cpu)] = cpu;
  return sample;
}

TEST(Recording, WeighsAValueByHowLongItStood) {
  Recording recording;
  recording.add(sample_of(0, 0, std::nan("")));
  recording.add(sample_of(1, 1, 4));
  recording.add(sample_of(4, 3, 0));
  const Totals totals = recording.totals(Metric::cpu);
  EXPECT_DOUBLE_EQ(totals.average, 1);
  EXPECT_EQ(totals.least, 0);
  EXPECT_EQ(totals.most, 4);
  EXPECT_EQ(totals.last, 0);
  EXPECT_EQ(totals.readings, 2U);
  EXPECT_EQ(recording.duration(), 4);
}

TEST(Recording, OfWhatNeverChangesIsThatOnAverage) {
  Recording recording;
  for (int i = 0; i < 1000; ++i) recording.add(sample_of(i / 7.0, 1 / 7.0, 0.1));
  const Totals totals = recording.totals(Metric::cpu);
  EXPECT_EQ(totals.average, 0.1);
}

TEST(Recording, KnowsNothingOfWhatWasNeverKnown) {
  Recording recording;
  recording.add(sample_of(0, 0, 1));
  const Totals totals = recording.totals(Metric::resident);
  EXPECT_EQ(totals.readings, 0U);
  EXPECT_TRUE(std::isnan(totals.average));
  EXPECT_TRUE(std::isnan(totals.most));
}

TEST(Recording, OfADayIsBoundedAndItsTotalsAreExact) {
  Recording recording;
  constexpr int kReadings = 864'000;
  for (int i = 0; i < kReadings; ++i) recording.add(sample_of(i * 0.1, 0.1, i % 1000));
  EXPECT_LT(recording.times().size(), Recording::kMostKept);
  EXPECT_GT(recording.times().size(), Recording::kMostKept / 4);
  EXPECT_EQ(recording.values(Metric::cpu).size(), recording.times().size());
  EXPECT_EQ(recording.readings(), static_cast<std::size_t>(kReadings));
  EXPECT_EQ(recording.totals(Metric::cpu).most, 999);
  EXPECT_NEAR(recording.totals(Metric::cpu).average, 499.5, 1e-6);
  // Evenly over the whole time.
  const auto& times = recording.times();
  for (std::size_t i = 2; i < times.size(); ++i)
    ASSERT_NEAR(times[i] - times[i - 1], times[1] - times[0], 1e-6) << i;
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
