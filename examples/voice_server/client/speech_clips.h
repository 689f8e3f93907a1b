#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "audio/wav.h"

namespace voice {

/// The source of the clients' audio.
struct SpeechOptions {
  std::filesystem::path wav;    ///< a user's file; empty: speech made by espeak-ng
  std::filesystem::path cache;  ///< folder for made speech
  std::filesystem::path recorded = "/usr/share/sounds/alsa";  ///< recordings to use without espeak-ng
};

/// `$XDG_CACHE_HOME/kymo/voice`, or the same under `~/.cache`, or under the folder for temporary files.
[[nodiscard]] std::filesystem::path default_speech_cache();

/// The clients' clips, at least one. Speech is made once and then taken from the cache. Errors:
/// std::runtime_error with the places searched and the package to install.
[[nodiscard]] std::vector<Clip> load_speech(const SpeechOptions& options);

}  // namespace voice
