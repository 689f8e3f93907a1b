#include "audio/resampler.h"

#include <algorithm>
#include <utility>

#include "audio/dot_product.h"

namespace voice {

Resampler::Resampler(std::shared_ptr<const FilterBank> bank)
    : bank_(std::move(bank)), window_(bank_->taps() - 1, 0.0F) {}

void Resampler::process(SampleView in, std::vector<float>& out) {
  window_.insert(window_.end(), in.begin(), in.end());
  const std::size_t taps = bank_->taps();
  while (position_ + taps <= window_.size()) {
    out.push_back(dot_product(bank_->phase(phase_), SampleView(window_).subspan(position_, taps)));
    phase_ += bank_->input_step();
    position_ += phase_ / bank_->phase_count();
    phase_ %= bank_->phase_count();
  }
  const std::size_t used = std::min(position_, window_.size());
  window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(used));
  position_ -= used;
}

}  // namespace voice
