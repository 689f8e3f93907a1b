#include <kymo/packs/stream_session.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/packs/stream_time.h"

namespace kymo::KYMO_ABI::packs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr StreamChunk kChunk{.bytes = 640, .audio = milliseconds(20)};

class SessionStreamTest : public testing::Test {
 protected:
  SessionStream make(SessionOptions options = {.ids = {.session_id = "s1"}}) {
    return SessionStream(at(seconds(0)), std::move(options), metrics_);
  }
  static std::vector<MetricsMessage> metrics_of(const std::vector<StreamMessage>& messages) {
    std::vector<MetricsMessage> found;
    for (const StreamMessage& message : messages) {
      if (const auto* metrics = std::get_if<MetricsMessage>(&message)) found.push_back(*metrics);
    }
    return found;
  }
  static std::vector<QueueState> states_of(const std::vector<StreamMessage>& messages) {
    std::vector<QueueState> found;
    for (const StreamMessage& message : messages) {
      if (const auto* status = std::get_if<StatusMessage>(&message)) found.push_back(status->state);
    }
    return found;
  }

  Registry registry_;
  std::shared_ptr<StreamMetrics> metrics_ = std::make_shared<StreamMetrics>(registry_);
};

TEST_F(SessionStreamTest, TellsOfEachSourceEachTick) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 50});
  const auto speaker = session.source({.name = "speaker", .queue_max = 50});
  for (int i = 0; i < 5; ++i) mic->queued(kChunk);
  mic->taken(kChunk);
  mic->dropped(kChunk);
  mic->refused(kChunk);
  speaker->failed();
  const auto messages = metrics_of(session.tick(at(seconds(1))));
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].source, "mic");
  const SourceFigures& figures = messages[0].figures;
  EXPECT_EQ(figures.queue_depth, 3U);
  EXPECT_EQ(figures.queue_max, 50U);
  EXPECT_EQ(figures.queue_bytes, 3 * 640U);
  EXPECT_DOUBLE_EQ(figures.fill_ratio(), 0.06);
  EXPECT_DOUBLE_EQ(figures.backlog_seconds, 0.06);
  EXPECT_EQ(figures.dropped_total, 2U);
  EXPECT_EQ(figures.bytes_received, 6 * 640U);
  EXPECT_EQ(figures.realtime_factor, std::nullopt);
  EXPECT_EQ(messages[1].figures.errors, 1U);
  EXPECT_EQ(metrics_->audio_bytes_received.value(), 6 * 640U);
  EXPECT_EQ(metrics_->audio_frames_dropped.value(), 2U);
  EXPECT_EQ(metrics_->asr_errors.value(), 1U);
}

TEST_F(SessionStreamTest, MeansAreOverTheLastTenChunks) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  for (int i = 0; i < 7; ++i)
    mic->processed({.inference = seconds(9), .processing = seconds(9), .audio = seconds(1)});
  for (int i = 1; i <= 10; ++i) {
    mic->processed(
        {.inference = milliseconds(10 * i), .processing = milliseconds(20 * i), .audio = milliseconds(500)});
  }
  const SourceFigures figures = mic->figures();
  EXPECT_DOUBLE_EQ(figures.inference_ms_mean.value(), 55);
  EXPECT_DOUBLE_EQ(figures.realtime_factor.value(), 1.1 / 5);
  EXPECT_EQ(figures.chunks_processed, 17U);
  EXPECT_EQ(metrics_->inference_time.value().count(), 17U);
}

TEST_F(SessionStreamTest, RecentDropsAreThoseOfTenSeconds) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  (void)session.tick(at(seconds(1)));
  for (int i = 0; i < 3; ++i) mic->refused(kChunk);
  EXPECT_EQ(metrics_of(session.tick(at(seconds(2))))[0].figures.dropped_recent, 3U);
  for (int second = 3; second <= 11; ++second) {
    EXPECT_EQ(metrics_of(session.tick(at(seconds(second))))[0].figures.dropped_recent, 3U) << second;
  }
  const auto later = metrics_of(session.tick(at(seconds(12))));
  EXPECT_EQ(later[0].figures.dropped_recent, 0U);
  EXPECT_EQ(later[0].figures.dropped_total, 3U);
}

TEST_F(SessionStreamTest, AQueueThatIsTooFullIsToldOnceUntilItHasRoom) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 100});
  auto fill_to = [&, depth = 0](int wanted) mutable {
    for (; depth < wanted; ++depth) mic->queued(kChunk);
    for (; depth > wanted; --depth) mic->taken(kChunk);
    return states_of(session.tick(at(seconds(1))));
  };
  EXPECT_THAT(fill_to(85), IsEmpty());
  EXPECT_THAT(fill_to(86), ElementsAre(QueueState::buffering));
  EXPECT_THAT(fill_to(95), IsEmpty());
  EXPECT_THAT(fill_to(96), ElementsAre(QueueState::overloaded));
  EXPECT_THAT(fill_to(70), IsEmpty());
  EXPECT_THAT(fill_to(100), IsEmpty()) << "not below 0.70 yet";
  EXPECT_THAT(fill_to(69), IsEmpty());
  EXPECT_THAT(fill_to(90), ElementsAre(QueueState::buffering));
  EXPECT_THAT(fill_to(10), IsEmpty());
  EXPECT_THAT(fill_to(100), ElementsAre(QueueState::overloaded)) << "the newest, where both came at once";
}

TEST_F(SessionStreamTest, WhatWasOverloadedDoesNotBecomeJustBuffering) {
  SessionStream session = make();
  std::uint64_t depth = 0;
  (void)session.source(
      {.name = "mic", .queue_max = 100, .read_queue = [&] { return QueueReading{.depth = depth}; }});
  const auto states_at = [&](std::uint64_t wanted) {
    depth = wanted;
    return states_of(session.tick(at(seconds(1))));
  };
  EXPECT_THAT(states_at(100), ElementsAre(QueueState::overloaded)) << "at once from empty";
  EXPECT_THAT(states_at(90), IsEmpty());
  EXPECT_THAT(states_at(60), IsEmpty());
  EXPECT_THAT(states_at(90), ElementsAre(QueueState::buffering));
}

RC_GTEST_PROP(SourceStreamProperty, StatesAgreeWithAPlainModel, ()) {
  Registry registry;
  SourceStream source({.name = "mic", .queue_max = 100}, std::make_shared<StreamMetrics>(registry));
  bool buffering_armed = true;
  bool overloaded_armed = true;
  int depth = 0;
  for (const int wanted : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 120))) {
    std::optional<QueueState> expected;
    while (depth != wanted) {
      if (depth < wanted) source.queued(kChunk);
      if (depth > wanted) source.dropped(kChunk);
      depth += depth < wanted ? 1 : -1;
      if (depth < 70) buffering_armed = overloaded_armed = true;
      if (depth > 85 && depth <= 95 && std::exchange(buffering_armed, false))
        expected = QueueState::buffering;
      if (depth > 95 && std::exchange(overloaded_armed, false)) {
        buffering_armed = false;
        expected = QueueState::overloaded;
      }
    }
    const auto told = source.take_state();
    RC_ASSERT(told.has_value() == expected.has_value());
    if (told) RC_ASSERT(told->first == *expected);
    RC_ASSERT(source.figures().queue_depth == static_cast<std::uint64_t>(depth));
  }
}

TEST_F(SessionStreamTest, AQueueMayBeAskedForAndThatMayFail) {
  SessionStream session = make();
  bool broken = false;
  (void)session.source({.name = "mic", .queue_max = 10, .read_queue = [&] {
                          if (broken) throw std::runtime_error("queue is gone");
                          return QueueReading{.depth = 9, .bytes = 900, .audio = milliseconds(90)};
                        }});
  (void)session.source({.name = "speaker"});
  const auto first = session.tick(at(seconds(1)));
  EXPECT_THAT(states_of(first), ElementsAre(QueueState::buffering));
  EXPECT_EQ(metrics_of(first)[0].figures.queue_bytes, 900U);
  EXPECT_THAT(session.take_faults(), IsEmpty());
  broken = true;
  const auto second = metrics_of(session.tick(at(seconds(2))));
  ASSERT_THAT(second, SizeIs(1)) << "the other source is told of";
  EXPECT_EQ(second[0].source, "speaker");
  const auto faults = session.take_faults();
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_EQ(faults[0].kind, StreamFault::Kind::collector);
  EXPECT_EQ(faults[0].what, "mic: queue is gone");
}

TEST_F(SessionStreamTest, AStatusThatThrowsIsLeftOutNothingMore) {
  SessionStream session =
      make({.ids = {.session_id = "s1"},
            .degrade_status = [](StreamTime) -> DegradeStatus { throw std::runtime_error("no status"); }});
  (void)session.source({.name = "mic"});
  const auto messages = metrics_of(session.tick(at(seconds(1))));
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].degrade, std::nullopt);
  EXPECT_THAT(to_json(messages[0]), testing::Not(HasSubstr("degrade")));
  EXPECT_THAT(session.take_faults(), SizeIs(1));
}

TEST_F(SessionStreamTest, TheWorstSourceLeadsTheLadder) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  const auto speaker = session.source({.name = "speaker"});
  const auto third = session.source({.name = "third"});
  mic->processed({.processing = milliseconds(1), .audio = seconds(1)});
  speaker->processed({.processing = milliseconds(1100), .audio = seconds(1)});
  (void)session.tick(at(seconds(1)));  // too early, and the only reading
  EXPECT_EQ(metrics_of(session.tick(at(seconds(60))))[0].degrade->level, DegradeLevel::normal);
  for (const auto& quick : {mic, third})
    quick->processed({.processing = milliseconds(1), .audio = seconds(1)});
  speaker->processed({.processing = milliseconds(1100), .audio = seconds(1)});
  EXPECT_EQ(metrics_of(session.tick(at(seconds(61))))[0].degrade->level, DegradeLevel::degrade);
  session.provider_crashed();
  const auto crashed = metrics_of(session.tick(at(seconds(62))));
  EXPECT_EQ(crashed[1].degrade->level, DegradeLevel::failover);
  EXPECT_EQ(session.summary(at(seconds(62))).level, DegradeLevel::failover);
}

TEST_F(SessionStreamTest, AFullQueueLeadsTheLadderThoughItsFactorIsTiny) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 50});
  const StreamChunk chunk{.bytes = 640, .audio = milliseconds(100)};
  for (int i = 0; i < 50; ++i) mic->queued(chunk);
  std::optional<DegradeStatus> status;
  for (int second = 1; second <= 12; ++second) {
    mic->taken(chunk);
    mic->processed({.inference = milliseconds(1),
                    .processing = std::chrono::microseconds(100),
                    .audio = milliseconds(100)});
    mic->queued(chunk);
    for (int i = 0; i < 10'500; ++i) mic->refused(chunk);
    status = metrics_of(session.tick(at(seconds(second))))[0].degrade;
  }
  EXPECT_EQ(mic->figures().realtime_factor, 0.001);
  EXPECT_EQ(status->level, DegradeLevel::emergency);
  EXPECT_THAT(status->causes, ElementsAre("backlog", "fill", "drops"));
}

TEST_F(SessionStreamTest, TheShareOfDropsIsOfTenSeconds) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  const StreamChunkTimes times{.processing = milliseconds(1), .audio = seconds(1)};
  const auto ratio_at = [&](int second) {
    return metrics_of(session.tick(at(seconds(second))))[0].figures.drop_ratio;
  };
  for (int i = 0; i < 97; ++i) mic->processed(times);
  EXPECT_EQ(ratio_at(1), 0);
  EXPECT_EQ(ratio_at(5), 0);
  for (int i = 0; i < 3; ++i) mic->refused(kChunk);
  EXPECT_DOUBLE_EQ(ratio_at(6), 0.03);
  EXPECT_DOUBLE_EQ(ratio_at(15), 1) << "the 97 are older";
  EXPECT_EQ(ratio_at(16), 0);
}

TEST_F(SessionStreamTest, WithoutChunksForTenSecondsItIsIdle) {
  std::vector<std::string> undone;
  SessionStream session =
      make({.ids = {.session_id = "s1"},
            .degrade = {.actions = {{.level = DegradeLevel::warning,
                                     .name = "longer_chunks",
                                     .apply = nullptr,
                                     .undo = [&] { undone.emplace_back("longer_chunks"); }}}}});
  const auto mic = session.source({.name = "mic"});
  const auto metrics_at = [&](int second) { return metrics_of(session.tick(at(seconds(second))))[0]; };
  for (int second = 1; second <= 11; ++second) {
    mic->processed({.inference = milliseconds(900), .processing = seconds(2), .audio = seconds(1)});
    (void)metrics_at(second);
  }
  EXPECT_EQ(session.summary(at(seconds(11))).level, DegradeLevel::emergency);
  const MetricsMessage before = metrics_at(20);
  EXPECT_FALSE(before.figures.idle);
  EXPECT_EQ(before.figures.realtime_factor, 2);
  const MetricsMessage idle = metrics_at(21);
  EXPECT_TRUE(idle.figures.idle);
  EXPECT_EQ(idle.figures.realtime_factor, std::nullopt);
  EXPECT_EQ(idle.degrade->level, DegradeLevel::normal);
  EXPECT_THAT(idle.degrade->actions, IsEmpty());
  EXPECT_THAT(undone, ElementsAre("longer_chunks"));
  EXPECT_THAT(to_json(idle), HasSubstr(R"("realtime_factor":null,"idle":true)"));
  EXPECT_TRUE(session.summary(at(seconds(3600))).idle);
  mic->queued(kChunk);
  EXPECT_FALSE(mic->figures().idle) << "at once";
  EXPECT_FALSE(metrics_at(3601).figures.idle);
}

TEST_F(SessionStreamTest, ASourceWhoseChunksWaitIsNotIdle) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 50});
  const auto silent = session.source({.name = "silent"});
  for (int i = 0; i < 50; ++i) mic->queued({.bytes = 640, .audio = milliseconds(100)});
  (void)session.tick(at(seconds(1)));
  const auto later = metrics_of(session.tick(at(seconds(61))));
  EXPECT_FALSE(later[0].figures.idle);
  EXPECT_TRUE(later[1].figures.idle);
  EXPECT_EQ(later[0].degrade->level, DegradeLevel::emergency) << "5 s wait, and nobody takes them";
  EXPECT_FALSE(session.summary(at(seconds(61))).idle);
}

TEST_F(SessionStreamTest, ACrashOfAProviderIsNotForgottenAtOnceWhereNoAudioComes) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  (void)session.tick(at(seconds(1)));
  session.provider_crashed();
  EXPECT_EQ(metrics_of(session.tick(at(seconds(60))))[0].degrade->level, DegradeLevel::failover);
  EXPECT_EQ(metrics_of(session.tick(at(seconds(69))))[0].degrade->level, DegradeLevel::failover);
  EXPECT_EQ(metrics_of(session.tick(at(seconds(70))))[0].degrade->level, DegradeLevel::normal);
}

TEST_F(SessionStreamTest, AStateStandsFromItsStatusUntilTheQueueHasRoom) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 100});
  auto fill_to = [&, depth = 0](int wanted) mutable {
    for (; depth < wanted; ++depth) mic->queued(kChunk);
    for (; depth > wanted; --depth) mic->taken(kChunk);
  };
  const auto standing = [&] { return session.standing_statuses(at(seconds(9))); };
  fill_to(88);
  EXPECT_THAT(standing(), IsEmpty()) << "the next tick tells of it";
  (void)session.tick(at(seconds(1)));
  ASSERT_THAT(standing(), SizeIs(1));
  EXPECT_EQ(standing()[0].state, QueueState::buffering);
  EXPECT_EQ(standing()[0].fill_ratio, 0.88);
  EXPECT_EQ(standing()[0].time, at(seconds(9)).wall);
  fill_to(99);
  (void)session.tick(at(seconds(2)));
  fill_to(75);
  EXPECT_EQ(standing()[0].state, QueueState::overloaded);
  EXPECT_EQ(standing()[0].fill_ratio, 0.75);
  fill_to(69);
  EXPECT_THAT(standing(), IsEmpty());
}

TEST_F(SessionStreamTest, AFaultOfAnActionIsOneOfTheSession) {
  SessionStream session =
      make({.ids = {.session_id = "s1"},
            .degrade = {.actions = {{.level = DegradeLevel::failover,
                                     .name = "other_provider",
                                     .apply = [] { throw std::runtime_error("none left"); }}},
                        .on_fault = [](std::string_view) { throw 1; }}});
  session.provider_crashed();
  (void)session.tick(at(seconds(1)));
  const auto faults = session.take_faults();
  ASSERT_THAT(faults, SizeIs(2));
  EXPECT_EQ(faults[0].kind, StreamFault::Kind::degrade_action);
  EXPECT_THAT(faults[0].what, HasSubstr("other_provider: none left"));
}

TEST_F(SessionStreamTest, SourcesAndIdsAreBounded) {
  SessionStream session = make({.ids = {.session_id = std::string(5000, 's')}});
  EXPECT_EQ(session.source({.name = "mic"}), session.source({.name = "mic"}));
  for (int i = 0; i < 40; ++i) session.source({.name = std::to_string(i)})->queued(kChunk);
  EXPECT_THAT(session.tick(at(seconds(1))), SizeIs(SessionStream::kMaxSources));
  EXPECT_EQ(metrics_->audio_bytes_received.value(), 40 * 640U) << "counted all the same";
  EXPECT_EQ(session.ids().session_id.size(), SessionStream::kMaxIdBytes);
}

TEST_F(SessionStreamTest, ALongIdKeepsItsCharactersWholeAndFindsItsSession) {
  std::string id(SessionStream::kMaxIdBytes - 1, 's');
  id += "\u00e9";
  const SessionStream session = make({.ids = {.session_id = id}});
  EXPECT_EQ(session.ids().session_id, std::string(SessionStream::kMaxIdBytes - 1, 's'));
  EXPECT_TRUE(session.has_id(id));
}

TEST_F(SessionStreamTest, ATakerThatIsFasterThanTheTellerLeavesNothingBehind) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic"});
  mic->taken(kChunk);
  EXPECT_EQ(mic->figures().queue_depth, 0U);
  mic->queued(kChunk);
  EXPECT_EQ(mic->figures().queue_depth, 0U);
  EXPECT_EQ(mic->figures().queue_bytes, 0U);
}

TEST_F(SessionStreamTest, FiguresAreExactUnderLoad) {
  SessionStream session = make();
  const auto mic = session.source({.name = "mic", .queue_max = 10});
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        mic->queued(kChunk);
        if (i % 10 == 0) {
          mic->dropped(kChunk);
        } else {
          mic->taken(kChunk);
          mic->processed(
              {.inference = milliseconds(5), .processing = milliseconds(10), .audio = milliseconds(20)});
        }
      }
    });
  }
  for (int i = 1; i <= 100; ++i) (void)session.tick(at(seconds(i)));
  threads.clear();
  // Else a slow machine may have had no tick with a chunk.
  mic->processed({.inference = milliseconds(5), .processing = milliseconds(10), .audio = milliseconds(20)});
  (void)session.tick(at(seconds(101)));
  const SourceFigures figures = mic->figures();
  EXPECT_EQ(figures.queue_depth, 0U);
  EXPECT_EQ(figures.queue_bytes, 0U);
  EXPECT_EQ(figures.dropped_total, kThreads * kEach / 10U);
  EXPECT_EQ(figures.chunks_processed, kThreads * kEach * 9U / 10 + 1);
  EXPECT_EQ(figures.chunks_processed, metrics_->asr_chunks_processed.value());
  EXPECT_EQ(mic->processing_ms().count(), figures.chunks_processed);
  EXPECT_DOUBLE_EQ(figures.realtime_factor.value(), 0.5);
}

RC_GTEST_PROP(SourceStreamProperty, PercentilesAreWithinAPercent, ()) {
  Registry registry;
  SourceStream source({.name = "mic"}, std::make_shared<StreamMetrics>(registry));
  const auto micros = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1 << 28)));
  for (const int us : micros) source.processed({.inference = std::chrono::microseconds(us)});
  const HistogramValue value = source.inference_ms();
  std::vector<int> sorted = micros;
  std::ranges::sort(sorted);
  RC_ASSERT(value.count() == micros.size());
  RC_ASSERT(value.min() == sorted.front() / 1000.0);
  RC_ASSERT(value.max() == sorted.back() / 1000.0);
  const double sum_ms = std::accumulate(micros.begin(), micros.end(), 0.0) / 1000;
  RC_ASSERT(std::abs(value.sum() - sum_ms) <= 1e-9 * sum_ms);
  for (const auto& bucket : value.buckets()) {
    const auto within = std::ranges::count_if(sorted, [&](int us) {
      return us / 1000.0 > HistogramValue::upper_border(bucket.index - 1) &&
             us / 1000.0 <= HistogramValue::upper_border(bucket.index);
    });
    RC_ASSERT(bucket.count == static_cast<std::uint64_t>(within));
  }
}

TEST(StreamMessages, TraceparentsHaveOneForm) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(is_traceparent(good));
  EXPECT_EQ(trace_id(good), good.substr(3, 32));
  EXPECT_EQ(trace_id(good + "-more"), "");
  EXPECT_TRUE(is_traceparent("01" + good.substr(2) + "-more"));
  EXPECT_FALSE(is_traceparent(good + "-more"));
  EXPECT_FALSE(is_traceparent("ff" + good.substr(2)));
  EXPECT_FALSE(is_traceparent(good.substr(1)));
  EXPECT_FALSE(is_traceparent(""));
  EXPECT_FALSE(is_traceparent("00-" + std::string(32, '0') + "-b7ad6b7169203331-01"));
  EXPECT_FALSE(is_traceparent("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
}

TEST(StreamMessages, AreOneLineOfJson) {
  const MetricsMessage message{
      .ids = {.session_id = "s\"1\n\xFF",
              .attempt_id = "a",
              .connection_id = "c",
              .provider = "p",
              .model_id = "m",
              .vad_enabled = true,
              .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      .source = "mic",
      .time = at(milliseconds(1500)).wall,
      .figures = {.queue_depth = 1, .queue_max = 3, .backlog_seconds = 0.02, .realtime_factor = 0.25},
      .degrade = DegradeStatus{.seconds_at_level = 1.5, .actions = {"a", "b"}, .causes = {"fill", "drops"}}};
  EXPECT_EQ(
      to_json(message),
      "{\"type\":\"metrics\",\"timestamp\":1.5,\"session_id\":\"s\\\"1\\n\xEF\xBF\xBD\",\"attempt_id\":"
      "\"a\","
      "\"connection_id\":\"c\",\"source\":\"mic\",\"provider\":\"p\",\"model_id\":\"m\",\"vad_enabled\":true,"
      "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"queue_depth\":1,"
      "\"queue_max\":3,\"queue_bytes\":0,\"queue_fill_ratio\":0.333333,\"backlog_seconds\":0.02,"
      "\"dropped_total\":0,\"dropped_recent\":0,\"bytes_received\":0,\"chunks_processed\":0,\"errors\":0,"
      "\"inference_ms_mean\":null,\"realtime_factor\":0.25,\"idle\":false,\"degrade\":{\"level\":\"NORMAL\","
      "\"seconds_at_level\":1.5,\"provider_crashes\":0,\"actions\":[\"a\",\"b\"],"
      "\"causes\":[\"fill\",\"drops\"]}}");
  EXPECT_EQ(
      to_json(StatusMessage{.state = QueueState::overloaded, .fill_ratio = 1}),
      R"({"type":"status","timestamp":0,"session_id":"","attempt_id":"","connection_id":"","source":"",)"
      R"("provider":"","model_id":"","vad_enabled":false,"state":"overloaded","queue_fill_ratio":1})");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
