#pragma once

#include "audio/sample.h"

namespace voice {

/// The reported level of silence, and of everything below it.
inline constexpr double kSilenceDbfs = -120.0;

/// Loudness of a block, in dB relative to full scale: a full-scale square wave has 0 dBFS of both, a
/// full-scale sine an RMS of -3.01 dBFS.
struct Level {
  double rms_dbfs = kSilenceDbfs;
  double peak_dbfs = kSilenceDbfs;
};

/// Level of a block; an empty one is silent. Threads: any.
[[nodiscard]] Level measure_level(SampleView block) noexcept;

}  // namespace voice
