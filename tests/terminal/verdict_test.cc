// The rules of the verdict, with the dashboard's words and limits.
#include <kymo/terminal/verdict.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/terminal/tiles.h"
#include "worlds.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// A server with gauges and counters of these values, each for twelve seconds; counters rise by theirs each
/// second.
struct Given {
  std::string name;
  std::string kind;
  double value;
};

std::vector<std::string> reasons_of(const std::vector<Given>& given, const Sessions* sessions = nullptr,
                                    Level* level = nullptr) {
  SeriesStore store;
  test::take(store, test::hello());
  for (int at = 0; at < 12; ++at) {
    std::string families;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const double value = given[i].kind == "counter" ? given[i].value * at : given[i].value;
      families += (i > 0 ? "," : "") +
                  (R"({"id":)" + std::to_string(i) + R"(,"name":")" + given[i].name + R"(","kind":")" +
                   given[i].kind + R"(","unit":"","help":"","series":[{"id":)" + std::to_string(i) +
                   R"(,"labels":{},"v":)" + std::to_string(value) + "}]}");
    }
    test::take(store, R"({"type":"full","seq":1,"time":)" + std::to_string(1764000000 + at) +
                          R"(,"uptime_seconds":1,"families":[)" + families + "]}");
  }
  const Verdict verdict = judge(store.world(), roles_of(store.world()), sessions);
  if (level != nullptr) *level = verdict.level;
  std::vector<std::string> texts;
  for (const Reason& reason : verdict.reasons)
    texts.push_back(std::string(level_name(reason.level)) + ": " + reason.text);
  return texts;
}

TEST(Verdict, IsWellWhereNoRuleFindsAnything) {
  EXPECT_THAT(reasons_of({}), IsEmpty());
  EXPECT_THAT(reasons_of({{"http.requests", "counter", 100},
                          {"http.errors", "counter", 0.9},
                          {"kymo_cgroup_cpu_ratio", "gauge", 0.84}}),
              IsEmpty());
}

TEST(Verdict, TellsShareOfErrors) {
  EXPECT_THAT(reasons_of({{"http.requests", "counter", 100}, {"http.errors", "counter", 1}}),
              Contains("degraded: http.errors: 1% failed in the last 11 s (11)"));
  EXPECT_THAT(reasons_of({{"http.requests", "counter", 100}, {"http.errors", "counter", 5}}),
              Contains(HasSubstr("unwell: http.errors: 5%")));
  EXPECT_THAT(reasons_of({{"http.requests", "counter", 1}, {"http.errors", "counter", 1}}), IsEmpty())
      << "11 events say little";
}

TEST(Verdict, TellsLossesQueuesCpuMemoryAndFiles) {
  EXPECT_THAT(reasons_of({{"udp.packet.dropped", "counter", 1}, {"udp.packet.received", "counter", 99}}),
              Contains("degraded: udp.packet.dropped: 11 lost in the last 11 s, 1%"));
  EXPECT_THAT(reasons_of({{"voice.queue.fill", "gauge", 0.95}}),
              Contains("unwell: voice.queue.fill: the queue is 95% full"));
  EXPECT_THAT(
      reasons_of({{"kymo_cgroup_cpu_ratio", "gauge", 0.97}, {"kymo_system_cpu_limit_cores", "gauge", 2}}),
      Contains("unwell: CPU is at 97% of 2 cores that it may use"));
  EXPECT_THAT(reasons_of({{"kymo_cgroup_cpu_ratio", "gauge", 0.9699},
                          {"kymo_system_cpu_limit_cores", "gauge", 2},
                          {"kymo_cgroup_cpu_limit_cores", "gauge", 2}}),
              Contains("degraded: CPU is at 96.9% of 2 cores that its cgroup may use"));
  EXPECT_THAT(
      reasons_of({{"kymo_process_cpu_ratio", "gauge", 1.8}, {"kymo_system_cpu_limit_cores", "gauge", 2}}),
      Contains(HasSubstr("degraded: this process uses 90")));
  EXPECT_THAT(reasons_of({{"process_resident_memory_bytes", "gauge", 93},
                          {"kymo_system_memory_limit_bytes", "gauge", 100}}),
              Contains("unwell: memory is at 93% of its limit of 100 B"));
  EXPECT_THAT(reasons_of({{"process_open_fds", "gauge", 80}, {"process_max_fds", "gauge", 100}}),
              Contains("degraded: 80% of the file descriptors are open"));
  EXPECT_THAT(reasons_of({{"kymo_ticks_missed_total", "counter", 1}}),
              Contains("degraded: kymo: 11 ticks missed within the last 11 s"));
}

TEST(Verdict, TellsTheCallbackThatHangsLongest) {
  SeriesStore store;
  test::take(store, test::hello());
  for (int at = 0; at < 12; ++at) {
    test::take(store,
               R"({"type":"full","seq":1,"time":)" + std::to_string(1764000000 + at) +
                   R"(,"uptime_seconds":1,"families":[{"id":0,"name":"kymo_callbacks_hanging",)"
                   R"("kind":"gauge","unit":"","help":"","series":[{"id":0,"labels":{},"v":2}]},)"
                   R"({"id":1,"name":"kymo_callback_hanging_seconds","kind":"gauge",)"
                   R"("unit":"seconds","help":"","series":[{"id":1,"labels":{"callback":"pool"},"v":)" +
                   std::to_string(at + 1) + R"(},{"id":2,"labels":{"callback":"disk"},"v":0.5}]}]})");
  }
  const Verdict verdict = judge(store.world(), roles_of(store.world()), nullptr);
  ASSERT_EQ(verdict.reasons.size(), 1U);
  EXPECT_EQ(verdict.level, Level::degraded);
  EXPECT_EQ(verdict.reasons[0].text, "callback pool has not returned for 12 s, and 1 more hang");
}

TEST(Verdict, TellsTheWorstSession) {
  const Sessions sessions = test::sessions();
  Level level = Level::well;
  EXPECT_THAT(
      reasons_of({}, &sessions, &level),
      Contains("degraded: 2 of 8 sessions not well; call-3: queue full, slower than real time, emergency"));
  EXPECT_EQ(level, Level::degraded) << "one client's lot is not the server's";
}

TEST(Verdict, KnowsNothingOfSessionsThatAreNotListed) {
  Sessions sessions = test::sessions();
  sessions.count = 1000;
  EXPECT_THAT(reasons_of({}, &sessions),
              Contains(HasSubstr("degraded: at least 2 of 1000 sessions not well")));
}

TEST(Roles, TitlesAreThoseOfThePage) {
  std::ifstream file(std::string(KYMO_GOLDEN) + "/titles.tsv");
  std::size_t titles = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t tab = line.find('\t');
    Family family;
    family.plain_name = plain_name(line.substr(0, tab));
    EXPECT_EQ(title_of(family), line.substr(tab + 1)) << line;
    ++titles;
  }
  EXPECT_EQ(titles, 11U);
}

TEST(Verdict, PutsTheWorstFirst) {
  const auto reasons =
      reasons_of({{"voice.queue.fill", "gauge", 0.85}, {"kymo_cgroup_cpu_ratio", "gauge", 0.99}});
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_THAT(reasons[0], HasSubstr("unwell: CPU"));
}

TEST(Sessions, AnAnswerThatIsNoneIsNothing) {
  for (const char* text : {"", "[]", "{}", R"({"top":1})", "{"})
    EXPECT_FALSE(parse_sessions(text).has_value()) << text;
  EXPECT_EQ(parse_sessions(R"({"top":[1,{}]})")->rows.size(), 1U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
