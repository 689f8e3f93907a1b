#include "client/speech_clips.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace voice {
namespace {

namespace fs = std::filesystem;

struct Sentence {
  const char* name;
  const char* voice;
  const char* text;
};

// Several voices, so that clients differ in pitch and in speed.
constexpr std::array kSentences = {
    Sentence{.name = "low",
             .voice = "en-us+m1",
             .text = "Good morning. This is a test of the voice server. One, two, three, four."},
    Sentence{.name = "high",
             .voice = "en-us+f3",
             .text = "Hello everyone, can you hear me? I think that my microphone works now."},
    Sentence{.name = "slow",
             .voice = "en-us+m7",
             .text = "The drum turns slowly, and the needle draws every beat of the heart."},
    Sentence{.name = "bright",
             .voice = "en-us+f1",
             .text = "Let us look at the numbers. What do they tell us about the last hour?"},
};

/// Runs a program found on PATH and waits for it. Returns its exit code; 127 if it could not start.
int run_program(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return 127;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/// Makes the file if it is missing; other processes may do so at the same time. False without espeak-ng.
bool make_speech(const Sentence& sentence, const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return true;
  const fs::path unfinished = file.string() + "." + std::to_string(getpid());
  if (run_program({"espeak-ng", "-v", sentence.voice, "-w", unfinished.string(), sentence.text}) != 0) {
    fs::remove(unfinished, error);
    return false;
  }
  fs::rename(unfinished, file);
  return true;
}

std::vector<Clip> synthesize(const fs::path& cache) {
  fs::create_directories(cache);
  std::vector<Clip> clips;
  for (const Sentence& sentence : kSentences) {
    const fs::path file = cache / (std::string(sentence.name) + ".wav");
    if (!make_speech(sentence, file)) return {};
    clips.push_back(load_wav(file));
  }
  return clips;
}

std::vector<Clip> load_recordings(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".wav") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Clip> clips;
  clips.reserve(files.size());
  for (const fs::path& file : files) clips.push_back(load_wav(file));
  return clips;
}

}  // namespace

fs::path default_speech_cache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return fs::path(cache) / "kymo" / "voice";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "kymo" / "voice";
  return fs::temp_directory_path() / "kymo-voice";
}

std::vector<Clip> load_speech(const SpeechOptions& options) {
  if (!options.wav.empty()) return {load_wav(options.wav)};
  auto clips = synthesize(options.cache);
  if (!clips.empty()) return clips;
  std::cerr << "voice_client: espeak-ng cannot be run; looking for recordings in "
            << options.recorded.string() << '\n';
  clips = load_recordings(options.recorded);
  if (!clips.empty()) return clips;
  throw std::runtime_error(
      "there is no speech to stream: install espeak-ng (apt-get install espeak-ng), or alsa-utils for its "
      "recordings, or name a file with --wav");
}

}  // namespace voice
