#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "audio/wav.h"

namespace voice {

/// Where the audio comes from that clients stream.
struct SpeechOptions {
  std::filesystem::path wav;    ///< a file of the user's; empty: speech made by espeak-ng
  std::filesystem::path cache;  ///< folder that keeps made speech
  std::filesystem::path recorded =
      "/usr/share/sounds/alsa";  ///< recordings to use where there is no espeak-ng
};

/// `$XDG_CACHE_HOME/kymo/voice`, or the same under `~/.cache`, or under the folder for temporary files.
[[nodiscard]] std::filesystem::path default_speech_cache();

/// The clips that clients stream, at least one. Speech is made once and then taken from the cache.
/// Errors: std::runtime_error that says what was looked for and what to install.
[[nodiscard]] std::vector<Clip> load_speech(const SpeechOptions& options);

}  // namespace voice
