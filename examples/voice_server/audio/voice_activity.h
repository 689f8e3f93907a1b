#pragma once

#include <cstddef>

#include "audio/level.h"
#include "audio/power_spectrum.h"
#include "audio/sample.h"

namespace voice {

/// Separates speech from noise and silence, 20 ms at a time.
///
/// A block is speech-like if it is louder than the noise floor and its spectrum is peaked: voices have
/// harmonics and formants, noise is flat. Two such blocks in a row open the detector. It closes 200 ms after
/// the last one, so consonants and short gaps within words count as speech. The noise floor follows the quiet
/// blocks.
///
/// Threads: one at a time.
class VoiceActivityDetector final {
 public:
  static constexpr std::size_t kBlockSamples = kPipelineRateHz / 50;

  /// Takes the next `kBlockSamples` samples and their level; returns true while someone speaks.
  bool process(SampleView block, const Level& level) noexcept;

  [[nodiscard]] double noise_floor_dbfs() const noexcept { return noise_floor_dbfs_; }

 private:
  [[nodiscard]] bool is_speech_like(SampleView block, double rms_dbfs) noexcept;
  void follow_noise(double rms_dbfs, bool speech_like) noexcept;

  PowerSpectrum spectrum_;
  double noise_floor_dbfs_ = -60.0;
  int speech_like_in_row_ = 0;
  int hangover_blocks_ = 0;
};

/// Geometric over arithmetic mean of the power from 100 Hz to 4 kHz: near 0 for tones, about 0.56 for white
/// noise. The spectrum is one of PowerSpectrum at the pipeline's rate.
[[nodiscard]] double spectral_flatness(std::span<const float> power) noexcept;

}  // namespace voice
