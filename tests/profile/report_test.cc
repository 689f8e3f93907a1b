#include <kymo/profile/report.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::profile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// What a small server may have done in ten seconds.
Report sample() {
  return {.enabled = true,
          .started = std::chrono::system_clock::time_point(1764324600123ms),
          .duration = 10s,
          .clock_ns = 8.25,
          .threads = {{.id = 11,
                       .name = "worker",
                       .total = 3s,
                       .paths = {{.name = "handle", .calls = 100, .errors = 2, .total = 3s, .self = 500ms},
                                 {.caller = 0, .name = "parse", .calls = 100, .total = 500ms, .self = 500ms},
                                 {.caller = 0, .name = "store", .calls = 50, .total = 2s, .self = 2s}}},
                      {.id = 12,
                       .name = "ticker",
                       .total = 1500us,
                       .paths = {{.name = "tick", .calls = 10, .total = 1500us, .self = 1500us}}}},
          .functions = {{.name = "handle",
                         .calls = 100,
                         .errors = 2,
                         .total = 3s,
                         .self = 500ms,
                         .average = 30ms,
                         .min = 10ms,
                         .max = 100ms,
                         .p50 = 25ms,
                         .p95 = 80ms,
                         .p99 = 99ms},
                        {.name = "store",
                         .calls = 50,
                         .total = 2s,
                         .self = 2s,
                         .average = 40ms,
                         .min = 7ms,
                         .max = 90ms,
                         .p50 = 39ms,
                         .p95 = 70ms,
                         .p99 = 88ms},
                        {.name = "parse",
                         .calls = 100,
                         .total = 500ms,
                         .self = 500ms,
                         .average = 5ms,
                         .min = 900ns,
                         .max = 12345us,
                         .p50 = 5ms,
                         .p95 = 9ms,
                         .p99 = 12ms},
                        {.name = "tick",
                         .calls = 10,
                         .total = 1500us,
                         .self = 1500us,
                         .average = 150us,
                         .min = 90us,
                         .max = 200us,
                         .p50 = 149us,
                         .p95 = 190us,
                         .p99 = 199us}},
          .dropped_events = 7};
}

TEST(ProfileText, IsATableForPeople) {
  EXPECT_EQ(
      to_text(sample(),
              {.limit = 2,
               .process = {.cpu_percent = 45.25, .resident_bytes = 3145728, .threads = 6, .open_fds = 20}}),
      R"(Profile, running, since 2025-11-28T10:10:00.123Z, 10.0 s on; one reading of the clock takes 8.2 ns
Process: CPU 45.2 %, resident 3.0 MiB, threads 6, open files 20

By total time
     calls      errors       total        self     average         min         max         p50         p95         p99  function
       100           2      3.00 s      500 ms     30.0 ms     10.0 ms      100 ms     25.0 ms     80.0 ms     99.0 ms  handle
        50           0      2.00 s      2.00 s     40.0 ms     7.00 ms     90.0 ms     39.0 ms     70.0 ms     88.0 ms  store

By their own time
     calls      errors       total        self     average         min         max         p50         p95         p99  function
        50           0      2.00 s      2.00 s     40.0 ms     7.00 ms     90.0 ms     39.0 ms     70.0 ms     88.0 ms  store
       100           2      3.00 s      500 ms     30.0 ms     10.0 ms      100 ms     25.0 ms     80.0 ms     99.0 ms  handle

Slower than 10.0 ms on average
  store
  handle

Threads
    3.00 s  worker (11)
   1.50 ms  ticker (12)
)");
}

TEST(ProfileText, OfNothingSaysSo) {
  EXPECT_EQ(to_text(Report()), R"(Profile, stopped, 0 ns on; one reading of the clock takes 0.0 ns

By total time
     calls      errors       total        self     average         min         max         p50         p95         p99  function

By their own time
     calls      errors       total        self     average         min         max         p50         p95         p99  function

Slower than 10.0 ms on average
  none

Threads
)");
}

TEST(ProfileJson, HoldsEveryFigure) {
  Report report = sample();
  report.functions.resize(1);
  EXPECT_EQ(
      to_json(report, {.process = {.cpu_percent = 45.25, .resident_bytes = 3145728}}),
      R"({"enabled":true,"started":"2025-11-28T10:10:00.123Z","duration_seconds":10,"clock_ns":8.25,)"
      R"("threads":[{"id":11,"name":"worker","total_seconds":3},{"id":12,"name":"ticker","total_seconds":0.0015}],)"
      R"("functions":[{"name":"handle","calls":100,"errors":2,"total_seconds":3,"self_seconds":0.5,)"
      R"("average_seconds":0.03,"min_seconds":0.01,"max_seconds":0.1,"p50_seconds":0.025,"p95_seconds":0.08,)"
      R"("p99_seconds":0.099}],"slow":["handle"],"dropped_events":7,)"
      R"("process":{"cpu_percent":45.25,"resident_bytes":3145728,"threads":null,"open_fds":null}})"
      "\n");
}

TEST(ProfileJson, HasAsManyFunctionsAsWanted) {
  const auto functions = [](std::size_t limit) {
    return boost::json::parse(to_json(sample(), {.limit = limit})).at("functions").as_array().size();
  };
  EXPECT_EQ(functions(0), 0U);
  EXPECT_EQ(functions(3), 3U);
  EXPECT_EQ(functions(1000), 4U);
}

TEST(ProfileJson, OfNothingHasNoStart) {
  EXPECT_TRUE(boost::json::parse(to_json(Report())).at("started").is_null());
}

TEST(SlowFunctions, AreThoseOverTheThreshold) {
  EXPECT_THAT(slow_functions(sample()), ElementsAre("store", "handle"));
  EXPECT_THAT(slow_functions(sample(), 30ms), ElementsAre("store"));
  EXPECT_THAT(slow_functions(sample(), 1s), IsEmpty());
}

TEST(FoldedStacks, HaveALineForEachPathsOwnTime) {
  EXPECT_EQ(to_folded(sample()),
            "ticker;tick 1500\n"
            "worker;handle 500000\n"
            "worker;handle;parse 500000\n"
            "worker;handle;store 2000000\n");
}

TEST(FoldedStacks, AddUpThreadsOfOneName) {
  Report report = sample();
  report.threads[1].name = "worker";
  report.threads[1].paths[0].name = "handle";
  EXPECT_THAT(to_folded(report), testing::StartsWith("worker;handle 501500\n"));
}

TEST(HostileNames, BreakNoOutput) {
  const std::string hostile = "a;b \"<script>\n\t\xFF\xC0 \x7F 99";
  Report report = sample();
  report.threads[0].name = hostile;
  report.threads[0].paths[0].name = hostile;
  report.functions[0].name = hostile;
  const auto json = boost::json::parse(to_json(report));
  EXPECT_EQ(json.at("functions").at(0).at("name").as_string(),
            "a;b \"<script>\n\t\xEF\xBF\xBD\xEF\xBF\xBD \x7F 99");
  const std::string folded = to_folded(report);
  EXPECT_THAT(folded, testing::HasSubstr("a:b \"<script>  \uFFFD\uFFFD   99;a:b"));
  EXPECT_EQ(base::to_utf8(folded), folded) << "it is UTF-8";
  EXPECT_EQ(std::ranges::count(folded, '\n'), 4);
  EXPECT_THAT(to_text(report), testing::Not(testing::HasSubstr("<script>\n")));
  EXPECT_EQ(base::to_utf8(to_text(report)), to_text(report));
}

TEST(HostileNames, AreUtf8WhereTheyAreCut) {
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string name(shift, 'x');
    for (int i = 0; i < 200; ++i) name += "語";
    Report report = sample();
    report.functions[0].name = name;
    EXPECT_THAT(to_text(report), testing::Not(testing::HasSubstr("\uFFFD"))) << shift;
    EXPECT_EQ(base::to_utf8(to_text(report)), to_text(report));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
