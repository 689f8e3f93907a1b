#include "server/voice_metrics.h"

#include <chrono>
#include <string_view>

#include <gtest/gtest.h>

#include <kymo/core/registry.h>

namespace voice {
namespace {

class VoiceMetricsTest : public ::testing::Test {
 protected:
  double count(std::string_view name, std::initializer_list<kymo::Label> labels = {}) {
    const auto point = registry_.snapshot()->find(name, labels);
    return point ? kymo::to_double(point->number) : -1.0;
  }

  kymo::Registry registry_;
  VoiceMetrics metrics_{registry_};
};

TEST_F(VoiceMetricsTest, ASessionCountsWhileItLives) {
  {
    const VoiceMetrics::Session session(metrics_);
    EXPECT_EQ(count("voice.sessions.active"), 1.0);
    EXPECT_EQ(count("websocket.clients"), 1.0);
  }
  EXPECT_EQ(count("voice.sessions.active"), 0.0);
  EXPECT_EQ(count("websocket.clients"), 0.0);
  EXPECT_EQ(count("voice.sessions"), 1.0);
}

TEST_F(VoiceMetricsTest, TheHitRateIsThatOfAllLookUps) {
  EXPECT_EQ(count("cache.hit_rate"), 0.0);
  metrics_.filter_bank_found(FilterBankCache::Result::miss);
  for (int i = 0; i < 3; ++i) metrics_.filter_bank_found(FilterBankCache::Result::hit);
  EXPECT_EQ(count("cache.hit_rate"), 0.75);
}

TEST_F(VoiceMetricsTest, ADatagramTellsAllThatItBroughtAbout) {
  metrics_.datagram_received(
      {.in_order = {}, .lost = 3, .gaps = 1, .late = 0, .duplicates = 0, .restarts = 1});
  EXPECT_EQ(count("udp.packet.received"), 1.0);
  EXPECT_EQ(count("udp.packet.dropped"), 3.0);
  EXPECT_EQ(count("udp.sequence.gap"), 1.0);
  EXPECT_EQ(count("udp.stream.restarts"), 1.0);
}

TEST_F(VoiceMetricsTest, AChunkIsTimedAgainstItsLength) {
  metrics_.chunk_processed({.waited = std::chrono::milliseconds(3),
                            .processing = std::chrono::milliseconds(5),
                            .audio = std::chrono::milliseconds(20)});
  const auto snapshot = registry_.snapshot();
  const auto factor = snapshot->find("voice.realtime.factor", {});
  ASSERT_TRUE(factor && factor->histogram != nullptr);
  EXPECT_DOUBLE_EQ(factor->histogram->sum(), 0.25);
  const auto duration = snapshot->find("event.processing.duration", {});
  ASSERT_TRUE(duration && duration->histogram != nullptr);
  EXPECT_DOUBLE_EQ(duration->histogram->sum(), 0.005);
}

TEST_F(VoiceMetricsTest, LevelsBelowZeroAreRecorded) {
  metrics_.audio_analyzed(Source::mic, -42.0, std::chrono::milliseconds(60));
  const auto snapshot = registry_.snapshot();
  const auto level = snapshot->find("voice.level.dbfs", {{"source", "mic"}});
  ASSERT_TRUE(level && level->histogram != nullptr);
  EXPECT_EQ(level->histogram->count_at_or_below(-40.0), 1U);
  EXPECT_EQ(level->histogram->count_at_or_below(-50.0), 0U);
  EXPECT_DOUBLE_EQ(count("voice.speech.duration", {{"source", "mic"}}), 0.06);
}

}  // namespace
}  // namespace voice
