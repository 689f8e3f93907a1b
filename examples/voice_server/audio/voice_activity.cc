#include "audio/voice_activity.h"

#include <algorithm>
#include <cmath>

namespace voice {
namespace {

constexpr double kQuietestSpeechDbfs = -55.0;
constexpr double kAboveNoiseDb = 6.0;
constexpr double kFlattestSpeech = 0.35;
constexpr int kOnsetBlocks = 2;
constexpr int kHangoverBlocks = 10;

// The floor halves its distance to a quieter block at once, and rises with noise in about 0.2 s. It also
// creeps up by 1 dB/s under apparent speech, so a hum cannot pass as a voice forever.
constexpr double kFall = 0.5;
constexpr double kRise = 0.1;
constexpr double kCreepDb = 0.02;
constexpr double kLowestFloorDbfs = -80.0;

constexpr std::size_t bin_of(double hz) {
  return static_cast<std::size_t>(hz * PowerSpectrum::kSize / kPipelineRateHz);
}

}  // namespace

bool VoiceActivityDetector::process(SampleView block, const Level& level) noexcept {
  const bool speech_like = is_speech_like(block, level.rms_dbfs);
  follow_noise(level.rms_dbfs, speech_like);
  speech_like_in_row_ = speech_like ? speech_like_in_row_ + 1 : 0;
  if (speech_like_in_row_ >= kOnsetBlocks) {
    hangover_blocks_ = kHangoverBlocks;
    return true;
  }
  if (hangover_blocks_ == 0) return false;
  --hangover_blocks_;
  return true;
}

bool VoiceActivityDetector::is_speech_like(SampleView block, double rms_dbfs) noexcept {
  if (rms_dbfs < std::max(kQuietestSpeechDbfs, noise_floor_dbfs_ + kAboveNoiseDb)) return false;
  return spectral_flatness(spectrum_.compute(block)) < kFlattestSpeech;
}

void VoiceActivityDetector::follow_noise(double rms_dbfs, bool speech_like) noexcept {
  const double target = std::max(rms_dbfs, kLowestFloorDbfs);
  if (target < noise_floor_dbfs_) {
    noise_floor_dbfs_ += kFall * (target - noise_floor_dbfs_);
  } else if (speech_like) {
    noise_floor_dbfs_ = std::min(noise_floor_dbfs_ + kCreepDb, target);
  } else {
    noise_floor_dbfs_ += kRise * (target - noise_floor_dbfs_);
  }
}

double spectral_flatness(std::span<const float> power) noexcept {
  constexpr std::size_t kFirst = bin_of(100);
  constexpr std::size_t kLast = bin_of(4000);
  constexpr double kTiny = 1e-12;  // keeps the logarithm of an empty bin finite
  double logs = 0;
  double sum = 0;
  for (std::size_t bin = kFirst; bin < kLast; ++bin) {
    const double value = power[bin] + kTiny;
    logs += std::log(value);
    sum += value;
  }
  constexpr double kCount = kLast - kFirst;
  return std::exp(logs / kCount) / (sum / kCount);
}

}  // namespace voice
