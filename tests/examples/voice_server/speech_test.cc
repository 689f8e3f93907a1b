#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "audio/pitch.h"
#include "audio/resampler.h"
#include "audio/voice_activity.h"
#include "client/speech_clips.h"
#include "signals.h"

namespace voice {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = VoiceActivityDetector::kBlockSamples;

/// A folder of the test's own.
class SpeechTest : public ::testing::Test {
 protected:
  SpeechTest() { fs::create_directories(folder_); }
  ~SpeechTest() override { fs::remove_all(folder_); }
  [[nodiscard]] SpeechOptions options() const {
    return {.wav = {}, .cache = folder_ / "cache", .recorded = folder_ / "recorded"};
  }

  const fs::path folder_ = fs::temp_directory_path() / ("voice-speech-test-" + std::to_string(getpid()));
};

/// At the pipeline's rate, between pauses of a second, in a quiet room.
std::vector<float> in_a_room(const Clip& clip) {
  std::vector<float> samples;
  append_samples(clip.samples, samples);
  Resampler resampler(
      std::make_shared<const FilterBank>(RatePair{.from_hz = clip.rate_hz, .to_hz = kPipelineRateHz}));
  std::vector<float> out(kPipelineRateHz, 0.0F);
  resampler.process(samples, out);
  out.resize(out.size() + kPipelineRateHz, 0.0F);
  testing::mix_in(out, testing::white_noise(kPipelineRateHz, 60.0, 0.0005));
  return out;
}

std::vector<bool> detect(const std::vector<float>& samples) {
  VoiceActivityDetector detector;
  std::vector<bool> decisions;
  for (std::size_t at = 0; at + kBlock <= samples.size(); at += kBlock) {
    const auto block = SampleView(samples).subspan(at, kBlock);
    decisions.push_back(detector.process(block, measure_level(block)));
  }
  return decisions;
}

TEST_F(SpeechTest, SpeechIsHeardAndItsPausesAreNot) {
  for (const Clip& clip : load_speech(options())) {
    const auto room = in_a_room(clip);
    const auto decisions = detect(room);
    EXPECT_EQ(std::count(decisions.begin(), decisions.begin() + 50, true), 0);
    EXPECT_EQ(std::count(decisions.end() - 35, decisions.end(), true), 0);
    std::size_t loud = 0;
    std::size_t heard = 0;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      if (measure_level(SampleView(room).subspan(i * kBlock, kBlock)).rms_dbfs < -30.0) continue;
      ++loud;
      heard += decisions[i] ? 1 : 0;
    }
    ASSERT_GT(loud, 50U);
    EXPECT_GT(static_cast<double>(heard), 0.95 * static_cast<double>(loud));
  }
}

TEST_F(SpeechTest, VoicesDifferInPitch) {
  const auto clips = load_speech(options());
  std::vector<double> medians;
  for (const Clip& clip : clips) {
    const auto room = in_a_room(clip);
    PitchTracker tracker;
    std::vector<double> pitches;
    for (std::size_t at = 0; at + kBlock <= room.size(); at += kBlock) {
      tracker.add(SampleView(room).subspan(at, kBlock));
      if (const auto pitch = tracker.estimate()) pitches.push_back(*pitch);
    }
    ASSERT_GT(pitches.size(), 30U);
    std::ranges::nth_element(pitches, pitches.begin() + static_cast<std::ptrdiff_t>(pitches.size() / 2));
    medians.push_back(pitches[pitches.size() / 2]);
  }
  EXPECT_GT(medians[1], 1.3 * medians[0]);  // "high" and "low"
}

TEST_F(SpeechTest, IsMadeOnce) {
  (void)load_speech(options());
  const auto made = fs::last_write_time(options().cache / "low.wav");
  (void)load_speech(options());
  EXPECT_EQ(fs::last_write_time(options().cache / "low.wav"), made);
  const auto files = std::distance(fs::directory_iterator(options().cache), fs::directory_iterator());
  EXPECT_EQ(files, 4);  // and nothing unfinished is left
}

TEST_F(SpeechTest, AFileOfTheUsersIsTaken) {
  const auto bytes = encode_wav({.rate_hz = 8'000, .samples = {1, 2, 3}});
  const fs::path file = folder_ / "own.wav";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  SpeechOptions own = options();
  own.wav = file;
  const auto clips = load_speech(own);
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_EQ(clips[0].rate_hz, 8'000);
}

TEST_F(SpeechTest, WithoutEspeakRecordingsAreTakenElseTheRemedyIsNamed) {
  const std::string path = getenv("PATH");
  setenv("PATH", folder_.c_str(), 1);
  std::string message;
  try {
    (void)load_speech(options());
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("apt-get install espeak-ng"), std::string::npos);

  fs::create_directories(options().recorded);
  const auto bytes = encode_wav({.rate_hz = 48'000, .samples = {1, 2, 3}});
  std::ofstream(options().recorded / "Front_Center.wav", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(load_speech(options()).size(), 1U);
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace voice
