#include "audio/level.h"

#include <vector>

#include <gtest/gtest.h>

#include "signals.h"

namespace voice {
namespace {

TEST(Level, SquareWaveAtFullScaleIsZero) {
  const std::vector<float> square = {1.0F, -1.0F, 1.0F, -1.0F};
  EXPECT_DOUBLE_EQ(measure_level(square).rms_dbfs, 0.0);
  EXPECT_DOUBLE_EQ(measure_level(square).peak_dbfs, 0.0);
}

TEST(Level, SineIsThreeDecibelsBelowItsPeak) {
  const auto level = measure_level(testing::sine(1000.0, 16'000, 1.0, 0.1));
  EXPECT_NEAR(level.rms_dbfs, -23.0103, 1e-3);
  EXPECT_NEAR(level.peak_dbfs, -20.0, 1e-3);
}

TEST(Level, SilenceAndNothingAreAtTheBottom) {
  EXPECT_DOUBLE_EQ(measure_level(std::vector<float>(320)).rms_dbfs, kSilenceDbfs);
  EXPECT_DOUBLE_EQ(measure_level({}).peak_dbfs, kSilenceDbfs);
}

}  // namespace
}  // namespace voice
