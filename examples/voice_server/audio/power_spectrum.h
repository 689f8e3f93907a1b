#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <span>

#include "audio/sample.h"

namespace voice {

/// Power spectrum of a short block: Hann window, zeros up to 512 samples, radix-2 Fourier transform.
///
/// Holds its tables and its working memory, so that computing allocates nothing. Threads: one at a time.
class PowerSpectrum final {
 public:
  static constexpr std::size_t kSize = 512;
  static constexpr std::size_t kBins = kSize / 2 + 1;

  PowerSpectrum();

  /// Bin k is at k * rate / 512. Of a longer block only the first 512 samples count. Valid until the next
  /// call.
  [[nodiscard]] std::span<const float> compute(SampleView block) noexcept;

 private:
  void load(SampleView block) noexcept;
  void transform() noexcept;

  std::array<std::complex<float>, kSize / 2> twiddles_;
  std::array<std::size_t, kSize> bit_reversed_;
  std::array<std::complex<float>, kSize> work_;
  std::array<float, kBins> power_;
};

}  // namespace voice
