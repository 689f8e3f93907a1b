#include "audio/power_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace voice {

PowerSpectrum::PowerSpectrum() : work_(), power_() {
  constexpr double kTurn = 2.0 * std::numbers::pi;
  for (std::size_t i = 0; i < twiddles_.size(); ++i) {
    const double angle = -kTurn * static_cast<double>(i) / kSize;
    twiddles_[i] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
  bit_reversed_[0] = 0;
  for (std::size_t i = 1; i < kSize; ++i) {
    bit_reversed_[i] = (bit_reversed_[i / 2] / 2) | ((i % 2) * (kSize / 2));
  }
}

std::span<const float> PowerSpectrum::compute(SampleView block) noexcept {
  load(block.first(std::min(block.size(), kSize)));
  transform();
  for (std::size_t i = 0; i < kBins; ++i) power_[i] = std::norm(work_[i]);
  return power_;
}

void PowerSpectrum::load(SampleView block) noexcept {
  work_.fill({});
  const double step = 2.0 * std::numbers::pi / static_cast<double>(std::max<std::size_t>(1, block.size()));
  for (std::size_t i = 0; i < block.size(); ++i) {
    const double hann = 0.5 - 0.5 * std::cos(step * (static_cast<double>(i) + 0.5));
    work_[bit_reversed_[i]] = block[i] * static_cast<float>(hann);
  }
}

void PowerSpectrum::transform() noexcept {
  for (std::size_t half = 1; half < kSize; half *= 2) {
    const std::size_t stride = kSize / (2 * half);
    for (std::size_t start = 0; start < kSize; start += 2 * half) {
      for (std::size_t i = 0; i < half; ++i) {
        const auto even = work_[start + i];
        const auto x = work_[start + half + i];
        const auto w = twiddles_[i * stride];
        // Written out: operator* of std::complex also handles infinities, at a call each.
        const std::complex<float> odd(x.real() * w.real() - x.imag() * w.imag(),
                                      x.real() * w.imag() + x.imag() * w.real());
        work_[start + i] = even + odd;
        work_[start + half + i] = even - odd;
      }
    }
  }
}

}  // namespace voice
