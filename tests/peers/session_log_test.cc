#include <kymo/peers/session_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::peers {
namespace {

using namespace std::chrono_literals;
using system::ManualClock;
using testing::ElementsAre;

/// Keeps what it is given, as a file would.
class Memory final : public SessionStore {
 public:
  std::vector<Session> load() override {
    if (fails) throw std::runtime_error("disk on fire");
    return sessions;
  }
  void save(std::span<const Session> all) override {
    ++saves;
    if (fails) throw std::runtime_error("disk on fire");
    sessions.assign(all.begin(), all.end());
  }

  std::vector<Session> sessions;
  int saves = 0;
  bool fails = false;
};

class SessionLogTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* id : {"a", "b", "c"}) peers_.add(id);
  }
  SessionLogOptions options(std::size_t max_sessions = 100) {
    return {.max_sessions = max_sessions, .store = &memory_, .clock = &clock_};
  }
  static std::vector<std::string> names(const SessionLog& log, std::size_t limit = 1000) {
    std::vector<std::string> names;
    for (const Session& session : log.last(limit)) names.push_back(session.name);
    return names;
  }

  ManualClock clock_;
  PeerTable peers_{{.clock = &clock_}};
  Memory memory_;
};

TEST_F(SessionLogTest, HasWhatItsPeersProbesSaidBetweenStartAndEnd) {
  SessionLog log(peers_, options());
  peers_.record_latency("a", 1ms);
  const std::string id = log.start("game", "Friday", {"a", "b"});
  const auto begin = clock_.system_now();
  peers_.record_latency("a", 10ms);
  peers_.record_timeout("a");
  clock_.advance(90s);
  peers_.record_latency("b", 40ms);
  peers_.record_latency("c", 500ms);
  Session session = log.last(1)[0];
  EXPECT_FALSE(session.end);
  EXPECT_EQ(session.duration, 90s);
  EXPECT_EQ(session.latency.avg_ms, 25);
  EXPECT_TRUE(log.end(id));
  EXPECT_FALSE(log.end(id));
  peers_.record_latency("a", 1000ms);
  clock_.advance(1h);
  session = log.last(1)[0];
  EXPECT_EQ(session.id, id);
  EXPECT_EQ(session.kind, "game");
  EXPECT_EQ(session.start, begin);
  EXPECT_EQ(session.end, begin + 90s);
  EXPECT_EQ(session.duration, 90s);
  EXPECT_THAT(session.peers, ElementsAre("a", "b"));
  EXPECT_EQ(session.latency.count, 2U);
  EXPECT_EQ(session.latency.min_ms, 10);
  EXPECT_EQ(session.latency.avg_ms, 25);
  EXPECT_EQ(session.latency.max_ms, 40);
  EXPECT_FALSE(session.interrupted);
}

TEST_F(SessionLogTest, CountsAPeerInEachOfItsSessionsAlsoWhenItComesBack) {
  SessionLog log(peers_, options());
  const std::string first = log.start("call", "1", {"a", "a", ""});
  log.start("call", "2", {"a"});
  peers_.remove("a");
  peers_.add("a");
  peers_.record_latency("a", 10ms);
  log.end(first);
  peers_.record_latency("a", 30ms);
  EXPECT_EQ(log.last(2)[1].latency.count, 1U);
  EXPECT_EQ(log.last(2)[0].latency.count, 2U);
}

TEST_F(SessionLogTest, APeerMayJoinLater) {
  SessionLog log(peers_, options());
  const std::string id = log.start("call", "", {});
  peers_.record_latency("c", 10ms);
  EXPECT_TRUE(log.join(id, "c"));
  EXPECT_FALSE(log.join(id, "c")) << "there already";
  EXPECT_FALSE(log.join("nothing", "c"));
  peers_.record_latency("c", 20ms);
  EXPECT_EQ(log.last(1)[0].latency.avg_ms, 20);
}

TEST_F(SessionLogTest, KeepsTheLastThatEndedBehindThoseThatGoOn) {
  SessionLog log(peers_, options(3));
  const std::string open = log.start("call", "open", {});
  std::vector<std::string> ids;
  for (const char* name : {"1", "2", "3", "4"}) ids.push_back(log.start("call", name, {}));
  EXPECT_EQ(ids[0].size(), 16U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4U);
  for (const std::string& id : ids) log.end(id);
  EXPECT_THAT(names(log), ElementsAre("open", "4", "3", "2"));
  EXPECT_THAT(names(log, 2), ElementsAre("open", "4"));
  log.flush();
  EXPECT_EQ(memory_.sessions.size(), 4U);
  log.start("call", "5", {});
  EXPECT_THAT(names(log), ElementsAre("5", "open", "4", "3", "2"));
  log.end(open);
  EXPECT_THAT(names(log), ElementsAre("5", "open", "4", "3")) << "the last that ended, though it began first";
}

TEST_F(SessionLogTest, ALongOneThatAKillCutOffIsTheLastAfterARestart) {
  {
    SessionLog log(peers_, options(2));
    log.start("call", "long", {});
    for (const char* name : {"1", "2", "3"}) log.end(log.start("call", name, {}));
    log.flush();
    memory_.fails = true;
  }
  memory_.fails = false;
  EXPECT_THAT(names(SessionLog(peers_, options(2))), ElementsAre("long", "3"));
}

TEST_F(SessionLogTest, HasLimits) {
  SessionLog log(peers_, {.max_open = 1, .max_peers = 2, .max_text_bytes = 3, .clock = &clock_});
  const std::string id = log.start("kind", "ééé", {"a", "long", "b", "c"});
  EXPECT_FALSE(id.empty());
  EXPECT_EQ(log.start("", "", {}), "");
  const Session session = log.last(1)[0];
  EXPECT_EQ(session.kind, "kin");
  EXPECT_EQ(session.name, "é") << "not half of one";
  EXPECT_THAT(session.peers, ElementsAre("a", "b"));
  EXPECT_EQ(log.statistics().open, 1U);
  EXPECT_EQ(log.statistics().started, 1U);
  EXPECT_EQ(log.statistics().refused, 1U);
}

TEST_F(SessionLogTest, IsThereAgainAfterARestart) {
  {
    SessionLog log(peers_, options());
    log.end(log.start("call", "1", {"a"}));
    log.start("call", "2", {});
    clock_.advance(5s);
  }
  SessionLog log(peers_, options());
  EXPECT_THAT(names(log), ElementsAre("2", "1"));
  const Session ended_with_the_log = log.last(1)[0];
  EXPECT_EQ(ended_with_the_log.duration, 5s);
  EXPECT_FALSE(ended_with_the_log.interrupted);
  EXPECT_TRUE(ended_with_the_log.end);
  log.start("call", "3", {});
  EXPECT_THAT(names(log), ElementsAre("3", "2", "1"));
}

TEST_F(SessionLogTest, AKilledProcessesSessionsEndWhenLastStored) {
  {
    SessionLog log(peers_, options());
    log.start("call", "1", {"a"});
    log.flush();
    clock_.advance(59s);
    log.checkpoint();
    log.flush();
    clock_.advance(1s);
    peers_.record_latency("a", 10ms);
    log.checkpoint();
    log.flush();
    EXPECT_EQ(memory_.saves, 2) << "at the start, and after a minute";
    clock_.advance(10s);
    memory_.fails = true;  // what a kill does: nothing of it comes to be stored
  }
  memory_.fails = false;
  SessionLog log(peers_, options());
  const Session session = log.last(1)[0];
  EXPECT_TRUE(session.interrupted);
  EXPECT_EQ(session.duration, 60s);
  EXPECT_EQ(session.end, session.start + 60s);
  EXPECT_EQ(session.latency.count, 1U);
  EXPECT_EQ(log.statistics().open, 0U);
  log.checkpoint();
  log.flush();
  EXPECT_EQ(memory_.saves, 3) << "nothing goes on that could be stored";
}

TEST_F(SessionLogTest, AStoreThatThrowsIsCountedAndToldAndStopsNothing) {
  memory_.fails = true;
  std::vector<std::string> told;
  SessionLogOptions with_events = options();
  with_events.on_event = [&](std::string_view message) { told.emplace_back(message); };
  SessionLog log(peers_, with_events);
  const std::string id = log.start("call", "1", {"a"});
  log.flush();
  peers_.record_latency("a", 10ms);
  EXPECT_TRUE(log.end(id));
  log.flush();
  EXPECT_EQ(log.last(1)[0].latency.avg_ms, 10);
  EXPECT_EQ(log.statistics().store_errors, 3U);
  EXPECT_THAT(told, ElementsAre(testing::HasSubstr("disk on fire"), testing::HasSubstr("not stored"),
                                testing::HasSubstr("disk on fire")));
  memory_.fails = false;
  log.end(log.start("call", "2", {}));
  log.flush();
  EXPECT_EQ(memory_.sessions.size(), 2U) << "what could not be stored before is now";
}

/// A disk that takes nothing until it is let go.
class StuckStore final : public SessionStore {
 public:
  std::vector<Session> load() override { return {}; }
  void save(std::span<const Session> /*all*/) override { go_.wait(false); }
  void let_go() {
    go_ = true;
    go_.notify_all();
  }

 private:
  std::atomic<bool> go_{false};
};

TEST_F(SessionLogTest, NeitherStartNorEndNorCheckpointWaitsForTheStore) {
  StuckStore stuck;
  SessionLogOptions slow = options();
  slow.store = &stuck;
  SessionLog log(peers_, slow);
  const std::string id = log.start("call", "1", {"a"});
  clock_.advance(61s);
  log.checkpoint();
  EXPECT_TRUE(log.end(id));
  EXPECT_EQ(log.last(1).size(), 1U);
  stuck.let_go();
  log.flush();
}

TEST_F(SessionLogTest, TheTableMayGoFirst) {
  auto table = std::make_unique<PeerTable>();
  SessionLog log(*table, options());
  const std::string id = log.start("call", "1", {"a"});
  table.reset();
  EXPECT_TRUE(log.end(id));
}

TEST_F(SessionLogTest, LosesNoProbeAmongManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kProbes = 2000;
  SessionLog log(peers_, options());
  const std::string whole = log.start("call", "whole", {"a", "b"});
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kProbes; ++i) peers_.record_latency(t % 2 == 0 ? "a" : "b", 10ms);
      --running;
    });
  }
  threads.emplace_back([&] {
    while (running != 0) {
      const std::string id = log.start("call", "part", {"a"});
      log.checkpoint();
      (void)log.last(10);
      log.end(id);
    }
  });
  for (std::thread& thread : threads) thread.join();
  log.end(whole);
  const auto sessions = log.last(1000);
  const auto found = std::ranges::find(sessions, whole, &Session::id);
  ASSERT_NE(found, sessions.end());
  EXPECT_EQ(found->latency.count, static_cast<std::size_t>(kThreads) * kProbes);
  EXPECT_EQ(found->latency.avg_ms, 10);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::peers
