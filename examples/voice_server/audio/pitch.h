#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audio/sample.h"

namespace voice {

/// Finds the fundamental frequency of a voice, 60 to 500 Hz, from a sliding 42 ms of samples at the
/// pipeline's rate.
///
/// Threads: one at a time. Cost: some 90 000 multiplications a call; call it only during speech. Source: A.
/// de Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and music" (2002), steps
/// 1-5.
class PitchTracker final {
 public:
  static constexpr double kLowestHz = 60.0;
  static constexpr double kHighestHz = 500.0;

  PitchTracker();

  /// Adds `block` to the sliding window.
  void add(SampleView block);

  /// The pitch of the last samples, in Hz; nothing if they are not periodic.
  [[nodiscard]] std::optional<double> estimate();

 private:
  void compute_normalized_difference() noexcept;
  [[nodiscard]] std::optional<std::size_t> first_dip() const noexcept;
  [[nodiscard]] double refine(std::size_t lag) const noexcept;

  std::vector<float> recent_;
  std::vector<float> difference_;  // by lag
};

}  // namespace voice
