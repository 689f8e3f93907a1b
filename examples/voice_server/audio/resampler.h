#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "audio/filter_bank.h"
#include "audio/sample.h"

namespace voice {

/// Converts one stream from one sample rate to another, block by block, without clicks at the seams.
///
/// Delay: half a filter (4 ms from 8 kHz, otherwise 2 ms). Threads: one at a time.
class Resampler final {
 public:
  explicit Resampler(std::shared_ptr<const FilterBank> bank);

  /// Appends to `out` every output sample that can be computed now.
  void process(SampleView in, std::vector<float>& out);

 private:
  std::shared_ptr<const FilterBank> bank_;
  std::vector<float> window_;  // unused input, oldest first
  std::size_t position_ = 0;   // in `window_`: the oldest sample for the next output
  std::size_t phase_ = 0;
};

}  // namespace voice
