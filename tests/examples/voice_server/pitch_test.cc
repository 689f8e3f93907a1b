#include "audio/pitch.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "signals.h"

namespace voice {
namespace {

std::optional<double> pitch_of(const std::vector<float>& samples) {
  PitchTracker tracker;
  for (std::size_t at = 0; at + 320 <= samples.size(); at += 320) {
    tracker.add(SampleView(samples).subspan(at, 320));
  }
  return tracker.estimate();
}

TEST(PitchTracker, FindsVoicesWithinTwoPercent) {
  for (double hz = 80.0; hz <= 400.0; hz *= 1.037) {
    const auto found = pitch_of(testing::harmonics(hz, kPipelineRateHz, 0.2));
    ASSERT_TRUE(found) << hz;
    EXPECT_NEAR(*found, hz, 0.02 * hz);
  }
}

TEST(PitchTracker, FindsVoicesInNoise) {
  for (const double hz : {90.0, 150.0, 220.0, 390.0}) {
    auto samples = testing::harmonics(hz, kPipelineRateHz, 0.2);
    testing::mix_in(samples, testing::white_noise(kPipelineRateHz, 0.2, 0.01));
    const auto found = pitch_of(samples);
    ASSERT_TRUE(found) << hz;
    EXPECT_NEAR(*found, hz, 0.02 * hz);
  }
}

TEST(PitchTracker, FindsTheFundamentalThatIsMissing) {
  auto samples = testing::sine(400.0, kPipelineRateHz, 0.2, 0.2);
  testing::mix_in(samples, testing::sine(600.0, kPipelineRateHz, 0.2, 0.2));
  testing::mix_in(samples, testing::sine(800.0, kPipelineRateHz, 0.2, 0.2));
  const auto found = pitch_of(samples);
  ASSERT_TRUE(found);
  EXPECT_NEAR(*found, 200.0, 4.0);
}

TEST(PitchTracker, NoiseAndSilenceHaveNone) {
  EXPECT_FALSE(pitch_of(testing::white_noise(kPipelineRateHz, 0.2, 0.1)));
  EXPECT_FALSE(pitch_of(std::vector<float>(3200)));
}

}  // namespace
}  // namespace voice
