#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace voice::testing {

/// `seconds` of a sine.
inline std::vector<float> sine(double hz, int rate_hz, double seconds, double amplitude = 0.5) {
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2.0 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
    samples[i] = static_cast<float>(amplitude * std::sin(phase));
  }
  return samples;
}

/// A voice-like tone: harmonics up to 4 kHz that fall by 6 dB an octave.
inline std::vector<float> harmonics(double hz, int rate_hz, double seconds, double amplitude = 0.2) {
  std::vector<float> sum(static_cast<std::size_t>(seconds * rate_hz), 0.0F);
  for (int k = 1; k * hz < 4000.0; ++k) {
    const auto partial = sine(k * hz, rate_hz, seconds, amplitude / k);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += partial[i];
  }
  return sum;
}

inline std::vector<float> white_noise(int rate_hz, double seconds, double rms, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> values(0.0F, static_cast<float>(rms));
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (float& sample : samples) sample = values(random);
  return samples;
}

inline void mix_in(std::vector<float>& into, std::span<const float> other) {
  for (std::size_t i = 0; i < into.size() && i < other.size(); ++i) into[i] += other[i];
}

/// How far `samples` are from the best-fitting sine of that frequency: signal over the rest, in dB.
inline double sine_to_rest_db(std::span<const float> samples, double hz, int rate_hz) {
  double sin_part = 0;
  double cos_part = 0;
  const double step = 2.0 * std::numbers::pi * hz / rate_hz;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    sin_part += samples[i] * std::sin(step * static_cast<double>(i));
    cos_part += samples[i] * std::cos(step * static_cast<double>(i));
  }
  const double scale = 2.0 / static_cast<double>(samples.size());
  double signal = 0;
  double rest = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = step * static_cast<double>(i);
    const double fitted = scale * (sin_part * std::sin(angle) + cos_part * std::cos(angle));
    signal += fitted * fitted;
    rest += (samples[i] - fitted) * (samples[i] - fitted);
  }
  return 10.0 * std::log10(signal / rest);
}

inline double rms_of(std::span<const float> samples) {
  double squares = 0;
  for (const float sample : samples) squares += static_cast<double>(sample) * sample;
  return std::sqrt(squares / static_cast<double>(samples.size()));
}

}  // namespace voice::testing
