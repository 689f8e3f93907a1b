#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "audio/wav.h"

namespace voice {

/// Repeats a clip with pauses, at its own sample rate.
///
/// Threads: one at a time.
class Talker final {
 public:
  /// Resamples the clip. `seed` decides the talker's start in it and the lengths of pauses.
  Talker(const Clip& clip, int rate_hz, std::uint32_t seed);

  [[nodiscard]] int rate_hz() const noexcept { return rate_hz_; }

  /// The next 20 ms.
  [[nodiscard]] std::vector<std::int16_t> next_frame();

 private:
  void begin_pause();

  int rate_hz_;
  std::vector<std::int16_t> speech_;
  std::size_t position_ = 0;
  std::size_t pause_samples_ = 0;
  std::minstd_rand random_;
};

}  // namespace voice
