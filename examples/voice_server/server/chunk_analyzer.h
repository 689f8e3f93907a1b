#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "audio/filter_bank_cache.h"
#include "audio/level.h"
#include "audio/pitch.h"
#include "audio/resampler.h"
#include "audio/sample.h"
#include "audio/voice_activity.h"
#include "server/voice_metrics.h"

namespace voice {

/// The analysis of 100 ms of audio.
struct Analysis {
  Level level;
  double speech_ratio = 0;  ///< share of the 20 ms blocks with speech
  std::optional<double> pitch_hz = std::nullopt;
};

/// The signal processing of one source: resampler, level, voice activity, pitch. Threads: one at a time.
class ChunkAnalyzer final {
 public:
  static constexpr std::chrono::duration<double> kAnalysisTime{0.1};

  ChunkAnalyzer(int rate_hz, FilterBankCache& banks, VoiceMetrics& metrics);

  /// Takes audio at the source's rate; returns the analysis of each completed 100 ms.
  [[nodiscard]] std::vector<Analysis> process(PcmView pcm);

 private:
  static constexpr std::size_t kBlocksPerAnalysis = 5;

  void resample(PcmView pcm);
  void analyze_block(SampleView block);
  [[nodiscard]] Analysis finish_analysis();

  VoiceMetrics& metrics_;
  Resampler resampler_;
  VoiceActivityDetector activity_;
  PitchTracker pitch_;
  std::vector<float> input_;
  std::vector<float> pending_;  // at the pipeline's rate, not yet analyzed

  std::size_t blocks_ = 0;
  std::size_t speech_blocks_ = 0;
  std::vector<float> block_samples_;  // of the current analysis, for its level
  std::vector<double> pitches_;
};

}  // namespace voice
