#include "audio/voice_activity.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "signals.h"

namespace voice {
namespace {

constexpr std::size_t kBlock = VoiceActivityDetector::kBlockSamples;

/// One decision for each 20 ms.
std::vector<bool> detect(VoiceActivityDetector& detector, const std::vector<float>& samples) {
  std::vector<bool> decisions;
  for (std::size_t at = 0; at + kBlock <= samples.size(); at += kBlock) {
    const auto block = SampleView(samples).subspan(at, kBlock);
    decisions.push_back(detector.process(block, measure_level(block)));
  }
  return decisions;
}

double share_of_speech(const std::vector<bool>& decisions) {
  const auto speech = std::ranges::count(decisions, true);
  return static_cast<double>(speech) / static_cast<double>(decisions.size());
}

std::vector<float> voice_in_noise(double seconds) {
  auto samples = testing::harmonics(140.0, kPipelineRateHz, seconds);
  testing::mix_in(samples, testing::white_noise(kPipelineRateHz, seconds, 0.003));
  return samples;
}

TEST(VoiceActivity, SilenceIsNone) {
  VoiceActivityDetector detector;
  EXPECT_EQ(share_of_speech(detect(detector, std::vector<float>(kPipelineRateHz * 5))), 0.0);
}

TEST(VoiceActivity, NoiseIsNoneHoweverLoud) {
  for (const double rms : {0.001, 0.01, 0.1}) {
    VoiceActivityDetector detector;
    EXPECT_EQ(share_of_speech(detect(detector, testing::white_noise(kPipelineRateHz, 5.0, rms))), 0.0) << rms;
  }
}

TEST(VoiceActivity, NoiseThatBecomesLouderIsNone) {
  VoiceActivityDetector detector;
  (void)detect(detector, testing::white_noise(kPipelineRateHz, 2.0, 0.001));
  EXPECT_EQ(share_of_speech(detect(detector, testing::white_noise(kPipelineRateHz, 2.0, 0.05, 2))), 0.0);
}

TEST(VoiceActivity, AVoiceIsHeardWithinFortyMilliseconds) {
  VoiceActivityDetector detector;
  (void)detect(detector, testing::white_noise(kPipelineRateHz, 2.0, 0.003));
  const auto decisions = detect(detector, voice_in_noise(1.0));
  EXPECT_TRUE(std::all_of(decisions.begin() + 2, decisions.end(), [](bool speech) { return speech; }));
}

TEST(VoiceActivity, ClosesAfterTheHangover) {
  VoiceActivityDetector detector;
  (void)detect(detector, testing::white_noise(kPipelineRateHz, 2.0, 0.003));
  (void)detect(detector, voice_in_noise(1.0));
  const auto after = detect(detector, testing::white_noise(kPipelineRateHz, 1.0, 0.003, 3));
  EXPECT_TRUE(std::all_of(after.begin(), after.begin() + 10, [](bool speech) { return speech; }));
  EXPECT_TRUE(std::none_of(after.begin() + 11, after.end(), [](bool speech) { return speech; }));
}

TEST(VoiceActivity, AClickDoesNotOpenIt) {
  VoiceActivityDetector detector;
  auto samples = testing::white_noise(kPipelineRateHz, 2.0, 0.001);
  samples[kBlock * 50 + 100] = 0.9F;
  EXPECT_EQ(share_of_speech(detect(detector, samples)), 0.0);
}

TEST(VoiceActivity, AHumIsTakenForNoiseInTheEnd) {
  VoiceActivityDetector detector;
  const auto decisions = detect(detector, testing::sine(200.0, kPipelineRateHz, 90.0, 0.01));
  EXPECT_FALSE(decisions.back());
}

}  // namespace
}  // namespace voice
