#include <kymo/packs/stream_sessions.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/format/lint.h>

#include "tests/packs/stream_figures.h"
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

class SessionStreamsTest : public testing::Test {
 protected:
  SessionStreamsTest() : streams_(registry_, options()) {}

  SessionStreamsOptions options() {
    return {.max_sessions = 5, .report = [this](std::string_view text) { reports_.emplace_back(text); }};
  }
  SessionStreams::Session begin(const std::string& id, SessionOptions options = {}) {
    options.ids.session_id = id;
    return streams_.begin(std::move(options), at(seconds(0)));
  }
  void tick(int second) { streams_.tick(at(seconds(second)), send()); }
  StreamSend send() {
    return [this](std::string_view id, const std::string& json) {
      sent_[std::string(id)].push_back(json);
      return SendResult::sent;
    };
  }
  double value(std::string_view name) { return figure(registry_, name); }
  double faults(std::string_view kind) { return stream_faults(registry_, kind); }

  Registry registry_;
  std::vector<std::string> reports_;
  SessionStreams streams_;
  std::map<std::string, std::vector<std::string>> sent_;
};

TEST_F(SessionStreamsTest, EachSourceOfEachSessionIsToldOfEachSecondAsLongAsItLives) {
  auto a = begin("a");
  const auto mic = a->source({.name = "mic"});
  const auto speaker = a->source({.name = "speaker"});
  {
    auto b = begin("b");
    const auto other = b->source({.name = "mic"});
    for (int second = 1; second <= 3; ++second) tick(second);
  }
  for (int second = 4; second <= 5; ++second) tick(second);
  EXPECT_THAT(sent_["a"], SizeIs(10));
  EXPECT_THAT(sent_["b"], SizeIs(3));
  EXPECT_THAT(sent_["a"][0], HasSubstr(R"("source":"mic")"));
  EXPECT_EQ(value("kymo_stream_messages_sent_total"), 13);
  EXPECT_EQ(value("ws_connections_total"), 2);
  EXPECT_EQ(value("ws_disconnects_total"), 1);
  EXPECT_EQ(value("active_sessions"), 1);
  EXPECT_EQ(value("kymo_stream_ticks_missed_total"), 0);
  EXPECT_EQ(registry_.snapshot()->find("kymo_stream_tick_duration_seconds", {})->histogram->count(), 5U);
}

TEST_F(SessionStreamsTest, GaugesAreOverAllSessions) {
  auto a = begin("a");
  auto b = begin("b");
  const auto mic_a = a->source({.name = "mic"});
  const auto mic_b = b->source({.name = "mic"});
  for (int i = 0; i < 3; ++i) mic_a->queued(kChunk);
  mic_b->queued(kChunk);
  tick(1);
  EXPECT_EQ(value("queue_depth"), 4);
  EXPECT_DOUBLE_EQ(value("processing_lag_seconds"), 0.06);
}

TEST_F(SessionStreamsTest, ASessionOfAMillisecondLeavesItsCounts) {
  {
    auto session = begin("short");
    const auto mic = session->source({.name = "mic"});
    mic->queued(kChunk);
    mic->taken(kChunk);
    mic->processed(
        {.inference = milliseconds(60), .processing = milliseconds(70), .audio = milliseconds(20)});
    mic->refused(kChunk);
    mic->failed();
  }
  tick(1);
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_EQ(value("audio_bytes_received"), 1280);
  EXPECT_EQ(value("audio_frames_dropped"), 1);
  EXPECT_EQ(value("asr_chunks_processed"), 1);
  EXPECT_EQ(value("asr_errors"), 1);
  EXPECT_EQ(value("ws_connections_total"), 1);
  EXPECT_EQ(value("ws_disconnects_total"), 1);
  EXPECT_EQ(value("active_sessions"), 0);
  EXPECT_EQ(registry_.snapshot()->find("inference_time_ms", {})->histogram->count_at_or_below(50), 0U);
  EXPECT_EQ(registry_.snapshot()->find("inference_time_ms", {})->histogram->count_at_or_below(100), 1U);
}

TEST(StreamMetrics, ExportsSecondsWhereAskedAndTakesMillisecondsByName) {
  Registry registry;
  StreamMetrics metrics(registry, StreamTimeUnit::seconds);
  metrics.record_times(milliseconds(60), milliseconds(70));
  EXPECT_TRUE(metrics.observe_histogram("inference_time_ms", 200));
  const auto snapshot = registry.snapshot();
  EXPECT_FALSE(snapshot->find("inference_time_ms", {}));
  const HistogramValue& inference = *snapshot->find("inference_time_seconds", {})->histogram;
  EXPECT_NEAR(inference.sum(), 0.26, 1e-9);
  EXPECT_EQ(inference.count_at_or_below(0.1), 1U);
  EXPECT_NEAR(snapshot->find("processing_time_seconds", {})->histogram->sum(), 0.07, 1e-9);
}

TEST_F(SessionStreamsTest, SessionsBeyondTheLimitAreCountedAndNotTold) {
  std::vector<SessionStreams::Session> sessions;
  std::vector<std::shared_ptr<SourceStream>> sources;
  for (int i = 0; i < 8; ++i) {
    sessions.push_back(begin(std::to_string(i)));
    sources.push_back(sessions.back()->source({.name = "mic"}));
    sources.back()->queued(kChunk);
  }
  tick(1);
  EXPECT_EQ(streams_.size(), 5U);
  EXPECT_THAT(sent_, SizeIs(5));
  EXPECT_EQ(value("kymo_stream_sessions_refused_total"), 3);
  EXPECT_EQ(value("active_sessions"), 8);
  EXPECT_EQ(value("audio_bytes_received"), 8 * 640);
  sessions.clear();
  EXPECT_EQ(value("active_sessions"), 0);
  EXPECT_EQ(streams_.size(), 0U);
}

TEST_F(SessionStreamsTest, ACollectorThatThrowsIsCountedAndReportedOncePerInterval) {
  auto broken = begin("broken");
  const auto mic = broken->source(
      {.name = "mic", .read_queue = []() -> QueueReading { throw std::runtime_error("no queue"); }});
  auto fine = begin("fine");
  const auto other = fine->source({.name = "mic"});
  for (int second = 1; second <= 25; ++second) tick(second);
  EXPECT_THAT(sent_["fine"], SizeIs(25));
  EXPECT_EQ(faults("collector"), 25);
  EXPECT_THAT(reports_, ElementsAre("session streams: 1 fault; collector of session broken: mic: no queue",
                                    HasSubstr("10 faults; the last: collector of session broken"),
                                    HasSubstr("10 faults")));
}

TEST_F(SessionStreamsTest, ACallbackThatThrowsAnythingHurtsNobody) {
  auto a = begin("a", {.degrade = {.on_change = [](const DegradeChange&) { throw 5; }},
                       .degrade_status = [](StreamTime) -> DegradeStatus { throw "text"; }});
  const auto mic = a->source({.name = "mic"});
  a->provider_crashed();
  tick(1);
  tick(2);
  EXPECT_THAT(sent_["a"], SizeIs(2));
  EXPECT_EQ(faults("degrade_status"), 2);
  EXPECT_EQ(faults("degrade_action"), 1);
}

TEST_F(SessionStreamsTest, ASendThatFailsIsCountedAndTheOthersAreServed) {
  auto a = begin("a");
  auto b = begin("b");
  const auto mic_a = a->source({.name = "mic", .queue_max = 1});
  const auto mic_b = b->source({.name = "mic"});
  mic_a->queued(kChunk);  // overloaded: a status to be lost
  const auto failing = [this, good = send()](std::string_view id, const std::string& json) {
    if (id == "a") throw std::runtime_error("broken pipe");
    return good(id, json);
  };
  streams_.tick(at(seconds(1)), failing);
  EXPECT_THAT(sent_["b"], SizeIs(1));
  EXPECT_EQ(value("kymo_stream_send_failures_total"), 2);
  EXPECT_EQ(faults("send"), 2);
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("broken pipe")));
  tick(2);
  ASSERT_THAT(sent_["a"], SizeIs(2));
  EXPECT_THAT(sent_["a"][0], HasSubstr("overloaded")) << "it is told when it can be";
  tick(3);
  EXPECT_THAT(sent_["a"], SizeIs(3)) << "and once";
}

TEST_F(SessionStreamsTest, ASlowClientLosesMetricsButNoStatus) {
  auto slow = begin("slow");
  auto quick = begin("quick");
  const auto mic = slow->source({.name = "mic", .queue_max = 10});
  const auto other = quick->source({.name = "mic"});
  for (int i = 0; i < 9; ++i) mic->queued(kChunk);
  const auto sometimes_busy = [this, good = send()](std::string_view id, const std::string& json) {
    return id == "slow" ? SendResult::busy : good(id, json);
  };
  for (int second = 1; second <= 4; ++second) streams_.tick(at(seconds(second)), sometimes_busy);
  EXPECT_THAT(sent_["quick"], SizeIs(4));
  EXPECT_EQ(value("kymo_stream_messages_dropped_total"), 8);
  EXPECT_EQ(value("kymo_stream_send_failures_total"), 0);
  EXPECT_THAT(reports_, IsEmpty()) << "slowness is no fault";
  for (int i = 0; i < 1; ++i) mic->queued(kChunk);
  tick(5);
  ASSERT_THAT(sent_["slow"], SizeIs(2));
  EXPECT_THAT(sent_["slow"][0], HasSubstr("overloaded")) << "the newest state";
}

TEST_F(SessionStreamsTest, ASessionMayEndMidTick) {
  std::map<std::string, SessionStreams::Session> sessions;
  for (const char* id : {"a", "b", "c"}) {
    sessions.emplace(id, begin(id));
    for (const char* source : {"mic", "speaker"}) (void)sessions[id]->source({.name = source});
  }
  int sends = 0;
  streams_.tick(at(seconds(1)), [&](std::string_view, const std::string&) {
    ++sends;
    sessions.clear();
    return SendResult::gone;
  });
  EXPECT_EQ(sends, 1) << "nothing is sent to sessions that have ended";
  EXPECT_EQ(streams_.size(), 0U);
  tick(2);
  EXPECT_THAT(sent_, IsEmpty());
}

TEST_F(SessionStreamsTest, ASessionMayEndInItsOwnCallback) {
  SessionStreams::Session session;
  int calls = 0;
  const auto end_it = [&] {
    ++calls;
    session.end();
    return QueueReading{};
  };
  session = begin("a", {.degrade_status = [&](StreamTime) { return ++calls, DegradeStatus{}; }});
  (void)session->source({.name = "mic", .read_queue = end_it});
  (void)session->source({.name = "speaker", .read_queue = end_it});
  tick(1);
  tick(2);
  EXPECT_EQ(calls, 1) << "the others are not called any more";
  EXPECT_THAT(sent_, IsEmpty());
}

TEST_F(SessionStreamsTest, NoCallbackRunsOnceASessionHasEnded) {
  std::atomic<bool> done = false;
  std::jthread ticker([&] {
    for (int i = 0; !done; ++i)
      streams_.tick(at(seconds(i)), [](auto, const auto&) { return SendResult::sent; });
  });
  for (int i = 0; i < 2000; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(1);
    auto session = begin("a");
    (void)session->source({.name = "mic", .read_queue = [state = alive.get()] {
                             return QueueReading{.depth = static_cast<std::uint64_t>(state->load())};
                           }});
    session.end();
    alive.reset();  // a tick that still asked would read freed memory
  }
  done = true;
}

TEST_F(SessionStreamsTest, ATickWithinATickIsMissed) {
  auto session = begin("a");
  const auto mic = session->source({.name = "mic"});
  streams_.tick(at(seconds(1)), [&](std::string_view, const std::string&) {
    tick(1);
    return SendResult::sent;
  });
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_EQ(value("kymo_stream_ticks_missed_total"), 1);
}

TEST_F(SessionStreamsTest, MissedTicksAreCounted) {
  for (const int ms : {0, 1000, 2100, 3000, 7000, 8000}) streams_.tick(at(milliseconds(ms)), send());
  EXPECT_EQ(value("kymo_stream_ticks_missed_total"), 3);
}

TEST_F(SessionStreamsTest, AnIntervalOfNothingOrOfAllTimeIsTaken) {
  for (const auto interval :
       {std::chrono::steady_clock::duration::zero(), std::chrono::steady_clock::duration::max()}) {
    Registry registry;
    SessionStreams streams(registry, {.interval = interval});
    for (const int ms : {0, 1, 2}) streams.tick(at(milliseconds(ms)), send());
    EXPECT_EQ(to_double(registry.snapshot()->find("kymo_stream_ticks_missed_total", {})->number), 0);
  }
}

TEST_F(SessionStreamsTest, AReportThatThrowsIsCounted) {
  Registry registry;
  SessionStreams streams(registry,
                         {.report = [](std::string_view) { throw std::runtime_error("disk full"); }});
  auto session = streams.begin({}, at(seconds(0)));
  const auto mic = session->source({.name = "mic"});
  const auto throwing = [](std::string_view, const std::string&) -> SendResult { throw 1; };
  for (int second = 1; second <= 12; ++second) streams.tick(at(seconds(second)), throwing);
  const Label label{"kind", "report"};
  EXPECT_EQ(to_double(registry.snapshot()->find("kymo_stream_faults_total", Labels(&label, 1))->number), 2);
}

TEST_F(SessionStreamsTest, TheirOwnMetricsFollowTheConventions) {
  const auto snapshot = registry_.snapshot();
  std::vector<std::string> findings;
  for (const format::LintFinding& finding : format::lint(*snapshot)) {
    if (finding.family.starts_with("kymo_")) findings.push_back(finding.family + ": " + finding.problem);
  }
  EXPECT_THAT(findings, IsEmpty());
  std::ostringstream reference;
  reference << std::ifstream(KYMO_REFERENCE).rdbuf();
  for (const FamilySnapshot& family : snapshot->families) {
    const std::string& name = family.descriptor().name;
    if (!name.starts_with("kymo_stream_")) continue;
    EXPECT_THAT(reference.str(), HasSubstr('`' + name + '`'));
  }
}

TEST_F(SessionStreamsTest, ASessionMayOutliveThem) {
  SessionStreams::Session session;
  {
    Registry registry;
    SessionStreams streams(registry);
    session = streams.begin({});
  }
  session->source({.name = "mic"})->queued(kChunk);
  session.end();
}

TEST_F(SessionStreamsTest, AreExactWhileTheRegistryIsContended) {
  Registry registry;
  SessionStreams streams(registry, {.max_sessions = 3});
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> sent = 0;
  std::vector<std::jthread> readers;
  readers.emplace_back([&] {
    for (int i = 0; !done; ++i) {
      streams.tick(at(seconds(i)),
                   [&](std::string_view, const std::string&) { return ++sent, SendResult::sent; });
      (void)streams.overview(at(seconds(i)), 2, "queue_depth");
    }
  });
  readers.emplace_back([&] {
    for (int i = 0; !done; ++i) {
      (void)registry.snapshot();
      registry.counter("other_" + std::to_string(i % 500) + "_" + std::to_string(i), "A registration beside.")
          .add();
    }
  });
  constexpr int kThreads = 4;
  constexpr int kSessions = 150;
  constexpr int kChunks = 20;
  {
    std::vector<std::jthread> recorders;
    for (int t = 0; t < kThreads; ++t) {
      recorders.emplace_back([&] {
        for (int s = 0; s < kSessions; ++s) {
          auto session = streams.begin({.ids = {.session_id = std::to_string(s)}});
          const auto mic = session->source({.name = "mic", .queue_max = 10});
          for (int i = 0; i < kChunks; ++i) {
            mic->queued(kChunk);
            mic->taken(kChunk);
            mic->processed(
                {.inference = milliseconds(5), .processing = milliseconds(5), .audio = milliseconds(20)});
          }
        }
      });
    }
  }
  done = true;
  readers.clear();
  const auto snapshot = registry.snapshot();
  const auto count = [&](std::string_view name) { return to_double(snapshot->find(name, {})->number); };
  EXPECT_EQ(count("asr_chunks_processed"), kThreads * kSessions * kChunks);
  EXPECT_EQ(count("audio_bytes_received"), kThreads * kSessions * kChunks * 640);
  EXPECT_EQ(count("ws_connections_total"), kThreads * kSessions);
  EXPECT_EQ(count("ws_disconnects_total"), kThreads * kSessions);
  EXPECT_EQ(count("active_sessions"), 0);
  EXPECT_EQ(count("kymo_stream_messages_sent_total"), static_cast<double>(sent.load()));
}

TEST_F(SessionStreamsTest, TheOverviewTakesAllTogether) {
  auto a = begin("a");
  auto b = begin("b");
  auto c = begin("c");
  const auto chunk_of = [](int ms) {
    return StreamChunkTimes{
        .inference = milliseconds(ms), .processing = milliseconds(ms), .audio = milliseconds(100)};
  };
  a->source({.name = "mic"})->queued(kChunk);
  a->source({.name = "speaker"})->queued(kChunk);
  a->source({.name = "mic"})->processed(chunk_of(20));
  b->source({.name = "mic"})->processed(chunk_of(80));
  const auto overview = streams_.overview(at(seconds(2)), 2, "realtime_factor");
  ASSERT_TRUE(overview);
  EXPECT_EQ(overview->sessions, 3U);
  EXPECT_EQ(overview->sums.queue_depth, 2U);
  EXPECT_EQ(overview->inference_ms.count(), 2U);
  EXPECT_NEAR(overview->inference_ms.quantile(1), 80, 1);
  ASSERT_THAT(overview->top, SizeIs(2));
  EXPECT_EQ(overview->top[0].ids.session_id, "b");
  EXPECT_EQ(overview->top[1].ids.session_id, "a");
  EXPECT_EQ(overview->levels[0], 3U);
  const std::string json = to_json(*overview);
  EXPECT_THAT(json, HasSubstr(R"("sessions":3,"max_sessions":5,"sums":{"queue_depth":2,)"));
  EXPECT_THAT(json, HasSubstr(R"("by":"realtime_factor","top":[{"session_id":"b",)"));
  EXPECT_EQ(streams_.overview(at(seconds(2)), 2, "age"), std::nullopt);
}

TEST_F(SessionStreamsTest, SessionsCanBeSortedByEveryField) {
  auto a = begin("a");
  a->source({.name = "mic"})->queued(kChunk);
  for (const std::string_view field : session_fields()) {
    const auto overview = streams_.overview(at(seconds(1)), 1, field);
    ASSERT_TRUE(overview) << field;
    EXPECT_THAT(to_json(overview->top.at(0).ids.session_id.empty() ? SessionsOverview{} : *overview),
                HasSubstr("\"" + std::string(field) + "\":"));
  }
}

RC_GTEST_PROP(SessionsOverviewProperty, PercentilesAreThoseOfAllValuesTogether, ()) {
  Registry registry;
  SessionStreams streams(registry);
  const auto per_session = *rc::gen::container<std::vector<std::vector<int>>>(
      rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 100'000)));
  std::vector<SessionStreams::Session> sessions;
  std::vector<double> all;
  for (const auto& values : per_session) {
    sessions.push_back(streams.begin({}));
    const auto mic = sessions.back()->source({.name = "mic"});
    for (const int us : values) {
      mic->processed({.processing = std::chrono::microseconds(us)});
      all.push_back(us / 1000.0);
    }
  }
  const auto overview = streams.overview(at(seconds(1)), 3, "chunks_processed").value();
  RC_ASSERT(overview.processing_ms.count() == all.size());
  RC_ASSERT(overview.sums.chunks_processed == all.size());
  RC_ASSERT(overview.top.size() == std::min<std::size_t>(3, sessions.size()));
  RC_ASSERT(std::ranges::is_sorted(overview.top, std::greater(),
                                   [](const SessionSummary& one) { return one.figures.chunks_processed; }));
  if (all.empty()) return;
  std::ranges::sort(all);
  for (const double q : {0.5, 0.95, 0.99}) {
    // Between the true values on both sides of the rank, and 1 % around them.
    const double rank = q * static_cast<double>(all.size());
    const auto last = static_cast<double>(all.size() - 1);
    const double below = all[static_cast<std::size_t>(std::clamp(std::floor(rank) - 1, 0.0, last))];
    const double above = all[static_cast<std::size_t>(std::clamp(std::ceil(rank), 0.0, last))];
    const double found = overview.processing_ms.quantile(q);
    RC_ASSERT(found >= below * 0.99);
    RC_ASSERT(found <= above * 1.01);
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
