#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace voice {

/// A conversion from one sample rate to another.
struct RatePair {
  int from_hz = 0;
  int to_hz = 0;

  friend bool operator==(const RatePair&, const RatePair&) = default;
};

/// The windowed-sinc low-pass of one rate pair, cut into the phases that a polyphase resampler steps through.
///
/// Stop band -80 dB from half of the lower rate on; pass band to 84 % of that. Each phase has a gain of
/// exactly 1 at 0 Hz. Immutable, so that all streams of a rate pair share one. Threads: any. Cost: building
/// takes up to some 20 000 sines and Bessel functions (milliseconds): see FilterBankCache. Source: Kaiser's
/// window and its design formulas; R. Crochiere, L. Rabiner, "Multirate Digital Signal Processing".
class FilterBank final {
 public:
  explicit FilterBank(RatePair rates);

  [[nodiscard]] RatePair rates() const noexcept { return rates_; }
  /// Output samples per `input_step()` input samples, in lowest terms; equals the number of phases.
  [[nodiscard]] std::size_t phase_count() const noexcept { return phase_count_; }
  [[nodiscard]] std::size_t input_step() const noexcept { return input_step_; }
  /// Coefficients of a phase, the one for the oldest input sample first.
  [[nodiscard]] std::span<const float> phase(std::size_t index) const noexcept {
    return {coefficients_.data() + index * taps_, taps_};
  }
  /// Number of input samples for one output sample.
  [[nodiscard]] std::size_t taps() const noexcept { return taps_; }

 private:
  void design(double cutoff_hz);
  void normalize_phases();

  RatePair rates_;
  std::size_t phase_count_;
  std::size_t input_step_;
  std::size_t taps_ = 1;
  std::vector<float> coefficients_;
};

}  // namespace voice
