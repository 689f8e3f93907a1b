#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace voice {

/// 16-bit mono PCM, as on the wire and in WAV files.
using PcmView = std::span<const std::int16_t>;

/// Samples in [-1, 1), for the signal processing.
using SampleView = std::span<const float>;

/// The sample rate of all processing after the resampler.
inline constexpr int kPipelineRateHz = 16'000;

/// The allowed sample rates of a source.
inline constexpr int kSourceRatesHz[] = {8'000, 16'000, 22'050, 44'100, 48'000};

[[nodiscard]] constexpr bool is_source_rate(int rate_hz) noexcept {
  for (const int known : kSourceRatesHz) {
    if (known == rate_hz) return true;
  }
  return false;
}

/// Appends `pcm` to `out` as samples in [-1, 1).
inline void append_samples(PcmView pcm, std::vector<float>& out) {
  out.reserve(out.size() + pcm.size());
  for (const std::int16_t value : pcm) out.push_back(static_cast<float>(value) / 32768.0F);
}

/// The nearest 16-bit value; values outside [-1, 1) are clipped.
[[nodiscard]] constexpr std::int16_t to_pcm(float sample) noexcept {
  const float scaled = sample * 32768.0F;
  if (scaled >= 32767.0F) return 32767;
  if (scaled <= -32768.0F) return -32768;
  return static_cast<std::int16_t>(scaled < 0 ? scaled - 0.5F : scaled + 0.5F);
}

}  // namespace voice
