#include "client/talker.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "audio/filter_bank.h"
#include "audio/resampler.h"
#include "audio/sample.h"
#include "protocol/voice_protocol.h"

namespace voice {
namespace {

constexpr double kShortestPauseSeconds = 0.5;
constexpr double kLongestPauseSeconds = 2.0;

std::vector<std::int16_t> resample(const Clip& clip, int rate_hz) {
  Resampler resampler(
      std::make_shared<const FilterBank>(RatePair{.from_hz = clip.rate_hz, .to_hz = rate_hz}));
  std::vector<float> in;
  append_samples(clip.samples, in);
  std::vector<float> out;
  resampler.process(in, out);
  std::vector<std::int16_t> pcm;
  pcm.reserve(out.size());
  std::ranges::transform(out, std::back_inserter(pcm), to_pcm);
  return pcm;
}

}  // namespace

Talker::Talker(const Clip& clip, int rate_hz, std::uint32_t seed)
    : rate_hz_(rate_hz), speech_(resample(clip, rate_hz)), random_(seed) {
  if (speech_.empty()) throw std::runtime_error("the audio to stream is empty");
  position_ = random_() % speech_.size();
}

std::vector<std::int16_t> Talker::next_frame() {
  std::vector<std::int16_t> frame(samples_per_frame(rate_hz_), 0);
  for (std::size_t filled = 0; filled < frame.size();) {
    const std::size_t silent = std::min(pause_samples_, frame.size() - filled);
    pause_samples_ -= silent;
    filled += silent;
    const std::size_t spoken = std::min(speech_.size() - position_, frame.size() - filled);
    std::copy_n(speech_.begin() + static_cast<std::ptrdiff_t>(position_), spoken,
                frame.begin() + static_cast<std::ptrdiff_t>(filled));
    position_ += spoken;
    filled += spoken;
    if (position_ == speech_.size()) begin_pause();
  }
  return frame;
}

void Talker::begin_pause() {
  position_ = 0;
  std::uniform_real_distribution<double> seconds(kShortestPauseSeconds, kLongestPauseSeconds);
  pause_samples_ = static_cast<std::size_t>(seconds(random_) * rate_hz_);
}

}  // namespace voice
