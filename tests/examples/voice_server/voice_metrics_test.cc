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

TEST_F(VoiceMetricsTest, AStreamOfDatagramsIsFollowedByItsNumbers) {
  auto stream = metrics_.udp_stream();
  for (const std::uint32_t number : {1, 5, 5, 4}) stream.receive(number);
  EXPECT_EQ(count("udp.packet.received"), 4.0);
  EXPECT_EQ(count("udp.packet.dropped"), 2.0);
  EXPECT_EQ(count("udp.packet.duplicate"), 1.0);
  EXPECT_EQ(count("udp.sequence.gap"), 1.0);
}

TEST_F(VoiceMetricsTest, AChunkIsAnEventOfItsSource) {
  metrics_.chunk_queued(Source::mic);
  metrics_.chunk_queued(Source::mic);
  EXPECT_EQ(count("events.received.by_type", {{"event_type", "mic"}}), 2.0);
  (void)metrics_.processing(Source::mic);
  EXPECT_EQ(count("events.processed.by_type", {{"event_type", "mic"}}), 1.0);
  EXPECT_EQ(count("errors.event_processing.by_error", {{"error_type", "bad_frame"}}), 0.0);
  metrics_.message_refused(ErrorKind::bad_frame);
  EXPECT_EQ(count("errors.event_processing.by_error", {{"error_type", "bad_frame"}}), 1.0);
}

TEST_F(VoiceMetricsTest, AChunkIsTimedAgainstItsLength) {
  metrics_.chunk_processed({.waited = std::chrono::milliseconds(3),
                            .processing = std::chrono::milliseconds(5),
                            .audio = std::chrono::milliseconds(20)});
  const auto snapshot = registry_.snapshot();
  const auto factor = snapshot->find("voice.realtime.factor", {});
  ASSERT_TRUE(factor && factor->histogram != nullptr);
  EXPECT_DOUBLE_EQ(factor->histogram->sum(), 0.25);
  const auto time = snapshot->find("server.processing_time", {});
  ASSERT_TRUE(time && time->window != nullptr);
  EXPECT_DOUBLE_EQ(time->window->mean(), 0.005);
}

TEST_F(VoiceMetricsTest, WithoutStreamsNobodySpeaks) {
  metrics_.room_changed({.streams = 4, .speaking = 1});
  EXPECT_EQ(count("voice.speech.ratio"), 0.25);
  metrics_.room_changed({});
  EXPECT_EQ(count("voice.speech.ratio"), 0.0);
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
