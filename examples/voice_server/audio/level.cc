#include "audio/level.h"

#include <algorithm>
#include <cmath>

namespace voice {
namespace {

double to_dbfs(double amplitude) noexcept {
  if (amplitude <= 0) return kSilenceDbfs;
  return std::max(kSilenceDbfs, 20.0 * std::log10(amplitude));
}

}  // namespace

Level measure_level(SampleView block) noexcept {
  if (block.empty()) return {};
  double squares = 0;
  double peak = 0;
  for (const float sample : block) {
    const double value = sample;
    squares += value * value;
    peak = std::max(peak, std::abs(value));
  }
  return {.rms_dbfs = to_dbfs(std::sqrt(squares / static_cast<double>(block.size()))),
          .peak_dbfs = to_dbfs(peak)};
}

}  // namespace voice
