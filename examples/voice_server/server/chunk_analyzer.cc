#include "server/chunk_analyzer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <kymo/profile/profile.h>

namespace voice {
namespace {

std::shared_ptr<const FilterBank> look_up(int rate_hz, FilterBankCache& banks, VoiceMetrics& metrics) {
  auto [bank, result] = banks.find({.from_hz = rate_hz, .to_hz = kPipelineRateHz});
  metrics.filter_bank_found(result);
  return std::move(bank);
}

std::optional<double> median(std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

ChunkAnalyzer::ChunkAnalyzer(int rate_hz, FilterBankCache& banks, VoiceMetrics& metrics)
    : metrics_(metrics), resampler_(look_up(rate_hz, banks, metrics)) {}

std::vector<Analysis> ChunkAnalyzer::process(PcmView pcm) {
  KYMO_PROFILE_FUNCTION();
  resample(pcm);
  std::vector<Analysis> found;
  constexpr std::size_t kBlock = VoiceActivityDetector::kBlockSamples;
  std::size_t used = 0;
  for (; used + kBlock <= pending_.size(); used += kBlock) {
    analyze_block(SampleView(pending_).subspan(used, kBlock));
    if (blocks_ == kBlocksPerAnalysis) found.push_back(finish_analysis());
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used));
  return found;
}

void ChunkAnalyzer::resample(PcmView pcm) {
  KYMO_PROFILE_SCOPE("resample");
  const auto timer = metrics_.time(Stage::resample);
  input_.clear();
  append_samples(pcm, input_);
  resampler_.process(input_, pending_);
}

void ChunkAnalyzer::analyze_block(SampleView block) {
  Level level;
  {
    KYMO_PROFILE_SCOPE("level");
    const auto timer = metrics_.time(Stage::level);
    level = measure_level(block);
  }
  bool speech = false;
  {
    KYMO_PROFILE_SCOPE("voice activity");
    const auto timer = metrics_.time(Stage::vad);
    speech = activity_.process(block, level);
  }
  pitch_.add(block);
  if (speech) {
    KYMO_PROFILE_SCOPE("pitch");
    const auto timer = metrics_.time(Stage::pitch);
    if (const auto hz = pitch_.estimate()) pitches_.push_back(*hz);
  }
  ++blocks_;
  speech_blocks_ += speech ? 1 : 0;
  block_samples_.insert(block_samples_.end(), block.begin(), block.end());
}

Analysis ChunkAnalyzer::finish_analysis() {
  const Analysis analysis{.level = measure_level(block_samples_),
                          .speech_ratio = static_cast<double>(speech_blocks_) / static_cast<double>(blocks_),
                          .pitch_hz = median(pitches_)};
  blocks_ = 0;
  speech_blocks_ = 0;
  block_samples_.clear();
  pitches_.clear();
  return analysis;
}

}  // namespace voice
