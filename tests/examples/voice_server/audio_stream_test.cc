#include "server/audio_stream.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include <kymo/core/registry.h>

#include "signals.h"

namespace voice {
namespace {

/// Reports as workers hand them out.
class Reports {
 public:
  AudioStream::OnReport sink() {
    return [this](const Report& report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(report);
      changed_.notify_all();
    };
  }
  std::vector<Report> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return reports_.size() >= count; });
    return reports_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Report> reports_;
};

std::vector<std::int16_t> pcm_of(const std::vector<float>& samples) {
  std::vector<std::int16_t> pcm;
  for (const float sample : samples) pcm.push_back(to_pcm(sample));
  return pcm;
}

Chunk chunk_of(const std::vector<std::int16_t>& pcm, std::uint32_t number, std::size_t samples) {
  const auto first = pcm.begin() + static_cast<std::ptrdiff_t>(number * samples);
  return {.sequence = number,
          .samples = {first, first + static_cast<std::ptrdiff_t>(samples)},
          .received = std::chrono::steady_clock::now()};
}

class AudioStreamTest : public ::testing::Test {
 protected:
  kymo::Registry registry_;
  VoiceMetrics metrics_{registry_};
};

TEST_F(AudioStreamTest, ReportsEachTenthOfASecondInOrder) {
  Engine engine(metrics_, 2);
  Reports reports;
  const auto stream = std::make_shared<AudioStream>(Source::mic, 48'000, engine, reports.sink());
  const auto voice = pcm_of(testing::harmonics(200.0, 48'000, 0.8));
  for (std::uint32_t i = 0; i < 40; ++i) stream->push(chunk_of(voice, i, 960));
  const auto received = reports.wait_for(8);
  ASSERT_EQ(received.size(), 8U);
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(received[i].sequence, 5 * i + 4);
  EXPECT_TRUE(received.back().speech);
  EXPECT_TRUE(stream->speaking());
  ASSERT_TRUE(received.back().pitch_hz);
  EXPECT_NEAR(*received.back().pitch_hz, 200.0, 4.0);
  EXPECT_EQ(received.back().dropped, 0U);
}

TEST_F(AudioStreamTest, DropsTheOldestWhenWorkersDoNotKeepUp) {
  Engine engine(metrics_, 0);  // nobody works
  const auto stream = std::make_shared<AudioStream>(Source::mic, 16'000, engine, nullptr);
  for (std::uint32_t i = 0; i < AudioStream::kQueueFrames + 3; ++i) {
    stream->push({.sequence = i, .samples = std::vector<std::int16_t>(320), .received = {}});
  }
  const auto dropped = registry_.snapshot()->find("voice.frames.dropped", {{"source", "mic"}});
  const auto depth = registry_.snapshot()->find("voice.queue.depth", {{"source", "mic"}});
  ASSERT_TRUE(dropped && depth);
  EXPECT_EQ(kymo::to_double(dropped->number), 3.0);
  EXPECT_EQ(kymo::to_double(depth->number), static_cast<double>(AudioStream::kQueueFrames));
}

TEST_F(AudioStreamTest, AQueueThatEndsLeavesNoDepthBehind) {
  Engine engine(metrics_, 0);
  {
    const auto stream = std::make_shared<AudioStream>(Source::speaker, 16'000, engine, nullptr);
    stream->push({.sequence = 0, .samples = std::vector<std::int16_t>(320), .received = {}});
    engine.workers.stop();
  }
  const auto depth = registry_.snapshot()->find("voice.queue.depth", {{"source", "speaker"}});
  ASSERT_TRUE(depth);
  EXPECT_EQ(kymo::to_double(depth->number), 0.0);
}

}  // namespace
}  // namespace voice
