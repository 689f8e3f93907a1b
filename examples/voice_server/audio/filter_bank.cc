#include "audio/filter_bank.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace voice {
namespace {

constexpr double kStopBandDb = 80.0;
/// Zero crossings of the sinc, both sides together: more of them make a steeper filter.
constexpr double kCrossings = 64.0;

/// Kaiser's empirical formula for attenuations above 50 dB.
constexpr double kKaiserBeta = 0.1102 * (kStopBandDb - 8.7);

/// The modified Bessel function of order 0, by its power series. std::cyl_bessel_i calls lgamma, which writes
/// the global `signgam`: a data race where threads design filters.
double bessel_i0(double x) {
  const double square = x * x / 4;
  double term = 1;
  double sum = 1;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= square / (static_cast<double>(k) * k);
    sum += term;
  }
  return sum;
}

double kaiser(double position) {  // position in [-1, 1]
  const double inside = std::max(0.0, 1.0 - position * position);
  return bessel_i0(kKaiserBeta * std::sqrt(inside)) / bessel_i0(kKaiserBeta);
}

double sinc(double x) {
  if (std::abs(x) < 1e-12) return 1.0;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

}  // namespace

FilterBank::FilterBank(RatePair rates) : rates_(rates) {
  const int divisor = std::gcd(rates.from_hz, rates.to_hz);
  phase_count_ = static_cast<std::size_t>(rates.to_hz / divisor);
  input_step_ = static_cast<std::size_t>(rates.from_hz / divisor);
  if (rates.from_hz == rates.to_hz) {
    coefficients_ = {1.0F};
    return;
  }
  const double low_hz = std::min(rates.from_hz, rates.to_hz);
  taps_ = static_cast<std::size_t>(std::ceil(kCrossings * rates.from_hz / low_hz));
  const double transition_hz = (kStopBandDb - 7.95) / (2.285 * 2.0 * std::numbers::pi * kCrossings) * low_hz;
  design(0.5 * (low_hz - transition_hz));
  normalize_phases();
}

void FilterBank::design(double cutoff_hz) {
  const std::size_t length = phase_count_ * taps_;
  const double center = 0.5 * static_cast<double>(length - 1);
  const double cutoff =
      2.0 * cutoff_hz / (static_cast<double>(rates_.from_hz) * static_cast<double>(phase_count_));
  coefficients_.resize(length);
  for (std::size_t i = 0; i < length; ++i) {
    const double offset = static_cast<double>(i) - center;
    const double value = sinc(cutoff * offset) * kaiser(offset / (center + 1.0));
    const std::size_t newest_first = i / phase_count_;
    coefficients_[(i % phase_count_) * taps_ + (taps_ - 1 - newest_first)] = static_cast<float>(value);
  }
}

void FilterBank::normalize_phases() {
  for (std::size_t start = 0; start < coefficients_.size(); start += taps_) {
    const auto first = coefficients_.begin() + static_cast<std::ptrdiff_t>(start);
    const auto last = first + static_cast<std::ptrdiff_t>(taps_);
    const double sum = std::accumulate(first, last, 0.0);
    std::transform(first, last, first, [sum](float value) { return static_cast<float>(value / sum); });
  }
}

}  // namespace voice
