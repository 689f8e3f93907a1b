// Tests the store that frames fill: rates across restarts and gaps, percentiles of the last seconds, limits,
// bad messages.
#include <kymo/terminal/series_store.h>

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/terminal/derive.h"
#include "src/terminal/small_charts.h"
#include "worlds.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using test::hello;
using test::kBegin;
using test::take;

std::string full(double time, const std::string& families, int seq = 1, const std::string& more = "") {
  return R"({"type":"full","seq":)" + std::to_string(seq) + R"(,"time":)" + std::to_string(time) +
         R"(,"uptime_seconds":1,)" + more + R"("families":[)" + families + "]}";
}

std::string counter(double value) {
  return R"({"id":0,"name":"c","kind":"counter","unit":"","help":"","series":[{"id":0,"labels":{},"v":)" +
         std::to_string(value) + "}]}";
}

std::string delta(double time, const std::string& values, int seq = 2) {
  return R"({"type":"delta","seq":)" + std::to_string(seq) + R"(,"time":)" + std::to_string(time) +
         R"(,"uptime_seconds":1,"values":[)" + values + "]}";
}

double rate(const SeriesStore& store) {
  const Family& family = store.world().families.at("c");
  return latest_of(store.world(), family, summands(family), View::rate);
}

TEST(SeriesStore, MakesRatesOfCounters) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10)));
  EXPECT_TRUE(std::isnan(rate(store)));
  take(store, delta(kBegin + 1, "[0,15]"));
  EXPECT_DOUBLE_EQ(rate(store), 5);
  take(store, delta(kBegin + 2, "[0,3]"));
  EXPECT_DOUBLE_EQ(rate(store), 3) << "a counter that fell was started anew";
  take(store, delta(kBegin + 3, ""));
  EXPECT_DOUBLE_EQ(rate(store), 0) << "what is not in a delta stayed as it was";
}

TEST(SeriesStore, KnowsNoRateAcrossAGap) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10)));
  take(store, delta(kBegin + 1, "[0,15]"));
  take(store, full(kBegin + 60, counter(100'000), 60));
  EXPECT_TRUE(std::isnan(rate(store)));
  take(store, delta(kBegin + 61, "[0,100002]", 61));
  EXPECT_DOUBLE_EQ(rate(store), 2);
}

TEST(SeriesStore, KnowsAgainAfterAGapWhatDidNotChange) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10)));
  take(store, delta(kBegin + 1, ""));
  take(store, delta(kBegin + 8, ""));
  take(store, delta(kBegin + 9, ""));
  const Family& family = store.world().families.at("c");
  EXPECT_THAT(family.series.begin()->second.column(Field::value),
              testing::ElementsAre(10, 10, testing::IsNan(), 10, 10));
  EXPECT_DOUBLE_EQ(rate(store), 0);
}

TEST(SeriesStore, GoesOnWhereTheClockIsSetBack) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(0)));
  const auto at = [](double time, int uptime, int value) {
    return R"({"type":"delta","seq":2,"time":)" + std::to_string(time) + R"(,"uptime_seconds":)" +
           std::to_string(uptime) + R"(,"values":[[0,)" + std::to_string(value) + "]]}";
  };
  take(store, at(kBegin + 1, 2, 10));
  for (int i = 2; i <= 5; ++i) take(store, at(kBegin + i - 600, i + 1, 10 * i));
  EXPECT_DOUBLE_EQ(rate(store), 10);
  const World& world = store.world();
  EXPECT_THAT(world.families.at("c").series.begin()->second.column(Field::value),
              testing::ElementsAre(0, 10, testing::IsNan(), 20, 30, 40, 50));
  EXPECT_DOUBLE_EQ(world.times.front(), kBegin - 600) << "what was before is as old as it was";
  EXPECT_DOUBLE_EQ(world.last_time(), kBegin - 595);
}

TEST(SeriesStore, GoesOnWithoutAGapWhereFramesAreReplayed) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10), 1));
  EXPECT_EQ(subscribe_message(1, store.last_seq()), R"({"type":"subscribe","rate_hz":1,"since":1})");
  const std::string replay =
      R"("replay":[{"seq":2,"time":1764000001,"values":[[0,20]]},{"seq":3,"time":1764000002,"values":[[0,40]]}],)";
  take(store, full(kBegin + 2, counter(40), 3, replay));
  const Family& family = store.world().families.at("c");
  const Points rates = points_of(store.world(), family, summands(family), View::rate, 1);
  EXPECT_EQ(rates, (Points{10, 20}));
  EXPECT_EQ(store.last_seq(), 3U);
}

TEST(SeriesStore, GoesOnWhereTheServerStartedAnewWithAMarkAndAGap) {
  SeriesStore store;
  take(store, hello("one"));
  take(store, full(kBegin, counter(100)));
  take(store, delta(kBegin + 1, "[0,102]"));
  take(store, hello("two", kBegin + 1.5));
  EXPECT_FALSE(store.last_seq().has_value());
  take(store, full(kBegin + 1.6, counter(3)));
  take(store, delta(kBegin + 2.6, "[0,4]"));
  const World& world = store.world();
  EXPECT_THAT(world.restarts, testing::ElementsAre(kBegin + 1.6));
  const Family& family = world.families.at("c");
  EXPECT_THAT(family.series.begin()->second.column(Field::value),
              testing::ElementsAre(100, 102, testing::IsNan(), 3, 4));
  EXPECT_THAT(points_of(world, family, summands(family), View::rate, 1),
              testing::ElementsAre(2, testing::IsNan(), testing::IsNan(), 1));
  Canvas canvas({8, 1}, Alphabet::ascii);
  draw_sparkline(canvas, 0, 0, 8, family.series.begin()->second.column(Field::value));
  draw_restarts(canvas, 0, 0, 8, world);
  EXPECT_EQ(canvas.to_text(), "   ##|__\n");
}

TEST(SeriesStore, BeginsEmptyWhereTheNewProcessHasAClockThatIsBehind) {
  SeriesStore store;
  take(store, hello("one"));
  take(store, full(kBegin, counter(10)));
  take(store, hello("one"));
  EXPECT_EQ(store.world().times.size(), 1U);
  take(store, hello("two", kBegin - 60));
  EXPECT_TRUE(store.world().families.empty());
  take(store, full(kBegin - 59, counter(1)));
  EXPECT_EQ(store.world().restarts.size(), 1U);
}

TEST(SeriesStore, DoesNotGoOnWithAFamilyThatIsCountedOtherwise) {
  SeriesStore store;
  const auto gauge = [](const std::string& unit) {
    return R"({"id":0,"name":"g","kind":"gauge","unit":")" + unit +
           R"(","help":"","series":[{"id":0,"labels":{},"v":"inf"}]})";
  };
  take(store, hello("one"));
  take(store, full(kBegin, gauge("bytes")));
  const Family& family = store.world().families.at("g");
  EXPECT_TRUE(std::isinf(latest_of(store.world(), family, summands(family), View::raw)));
  take(store, hello("two", kBegin + 1));
  take(store, full(kBegin + 1, gauge("seconds")));
  EXPECT_THAT(store.world().families.at("g").series.begin()->second.column(Field::value),
              testing::ElementsAre(testing::IsNan(), testing::IsNan(), INFINITY));
  EXPECT_EQ(unit_of(store.world().families.at("g"), View::raw), "unix_seconds") << "a date, if it is large";
}

TEST(SeriesStore, TakesFramesOfOneSecondTogether) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(0)));
  for (int i = 1; i <= 50; ++i) take(store, delta(kBegin + i / 10.0, "[0," + std::to_string(i) + "]", i + 1));
  EXPECT_LE(store.world().times.size(), 7U);
  EXPECT_NEAR(rate(store), 10, 0.01);
}

TEST(SeriesStore, KeepsFiveMinutesAndNoMore) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(0)));
  for (int i = 1; i <= 2000; ++i) take(store, delta(kBegin + i, "[0," + std::to_string(2 * i) + "]", i + 1));
  EXPECT_GE(store.world().times.size(), 300U);
  EXPECT_LE(store.world().times.size(), 400U);
  const Family& family = store.world().families.at("c");
  EXPECT_EQ(family.series.begin()->second.column(Field::value).size(), store.world().times.size());
  EXPECT_DOUBLE_EQ(rate(store), 2);
}

TEST(SeriesStore, CountsSeriesThatItDoesNotKeep) {
  SeriesStore store;
  take(store, hello());
  std::string series;
  for (std::size_t i = 0; i < SeriesStore::kMaxSeries + 5; ++i) {
    series += (i > 0 ? "," : "") +
              (R"({"id":)" + std::to_string(i) + R"(,"labels":{"n":")" + std::to_string(i) + R"("},"v":1})");
  }
  take(store,
       full(kBegin, R"({"id":0,"name":"c","kind":"counter","unit":"","help":"","series":[)" + series + "]}"));
  EXPECT_EQ(store.world().alive_series(), SeriesStore::kMaxSeries);
  EXPECT_EQ(store.world().omitted_series, 5U);
  take(store, full(kBegin + 1,
                   R"({"id":0,"name":"c","kind":"counter","unit":"","help":"","series":[)" + series + "]}"));
  EXPECT_EQ(store.world().omitted_series, 5U) << "the same ones, named again";
}

TEST(SeriesStore, GivesPercentilesOfTheLastTenSeconds) {
  SeriesStore store = test::voice_server();
  const World& world = store.world();
  const Family& family = world.families.at("http.request.duration");
  const auto found = quantiles(world, summands(family), std::array{0.5, 0.99}, world.times.size() - 1);
  EXPECT_NEAR(found[0], 0.00102, 0.00006);  // in (2^-10, 2^-9.875]
  EXPECT_NEAR(found[1], 0.0179, 0.0010);    // in (2^-5.875, 2^-5.75]
}

std::string histogram(int count, int bucket, double value) {
  return R"({"count":)" + std::to_string(count) + R"(,"sum":1,"min":)" + std::to_string(value) +
         R"(,"max":)" + std::to_string(value) + R"(,"buckets":[[)" + std::to_string(bucket) + "," +
         std::to_string(count) + "]]}";
}

std::string histogram_family(const std::string& value) {
  return R"({"id":0,"name":"h","kind":"histogram","unit":"seconds","help":"","series":[{"id":0,"labels":{},"v":)" +
         value + "}]}";
}

TEST(SeriesStore, ARestartChangesNoPercentileOfBefore) {
  SeriesStore store;
  take(store, hello("one"));
  take(store, full(kBegin, histogram_family(R"({"count":0,"sum":0,"min":null,"max":null,"buckets":[]})")));
  for (int i = 1; i <= 5; ++i) take(store, delta(kBegin + i, "[0," + histogram(100 * i, -3, 0.8) + "]"));
  const auto before = [&] {
    const Family& family = store.world().families.at("h");
    return quantiles(store.world(), summands(family), std::array{0.95}, 4)[0];
  };
  EXPECT_NEAR(before(), 0.8, 0.05);
  take(store, hello("two", kBegin + 6));
  take(store, full(kBegin + 6, histogram_family(histogram(5, -80, 0.001))));
  EXPECT_NEAR(before(), 0.8, 0.05) << "the new process' largest value is no limit of older ones";
}

TEST(SeriesStore, AHistogramThatComesBackCountsFromNothing) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, histogram_family(histogram(5, -3, 0.8))));
  take(store, R"({"type":"delta","seq":2,"time":1764000001,"uptime_seconds":1,"gone":[0]})");
  take(
      store,
      R"({"type":"delta","seq":3,"time":1764000002,"uptime_seconds":1,"series":[{"id":1,"family":0,"labels":{}}],"values":[[1,)" +
          histogram(7, -3, 0.8) + "]]}");
  const Series& series = store.world().families.at("h").series.begin()->second;
  EXPECT_THAT(series.growths.back().buckets, testing::ElementsAre(std::pair(-3, 7.0)));
}

TEST(SeriesStore, AnEndedWholeStandsForNoParts) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10)));
  take(
      store,
      R"({"type":"delta","seq":2,"time":1764000001,"uptime_seconds":1,"series":[{"id":5,"family":0,"labels":{"a":"b"}}],"values":[[5,7]],"gone":[0]})");
  const Family& family = store.world().families.at("c");
  EXPECT_DOUBLE_EQ(latest_of(store.world(), family, summands(family), View::raw), 7);
}

TEST(SeriesStore, ALabelWithoutAValueIsShownWithItsKey) {
  SeriesStore store;
  take(store, hello());
  take(
      store,
      full(
          kBegin,
          R"({"id":0,"name":"c","kind":"counter","unit":"","help":"","series":[{"id":0,"labels":{"kind":""},"v":1}]})"));
  EXPECT_EQ(store.world().families.at("c").series.begin()->second.label_text, "kind=\"\"");
}

TEST(SeriesStore, SeriesComeAndGo) {
  SeriesStore store;
  take(store, hello());
  take(store, full(kBegin, counter(10)));
  take(
      store,
      R"({"type":"delta","seq":2,"time":1764000001,"uptime_seconds":1,"families":[{"id":1,"name":"n","kind":"counter","unit":"","help":""}],
    "series":[{"id":5,"family":1,"labels":{"a":"b"}}],"values":[[5,7]],"gone":[0]})");
  EXPECT_EQ(store.world().alive_series(), 1U);
  const Family& family = store.world().families.at("n");
  EXPECT_DOUBLE_EQ(latest_of(store.world(), family, summands(family), View::rate), 7)
      << "all of a new series is growth";
}

TEST(LiveMessages, RefusesWhatIsNone) {
  for (const char* text :
       {"", "[]", "{", R"({"type":"hello","protocol":2})", R"({"type":"full","time":1,"families":[1]})",
        R"({"type":"full","time":1,"families":[{"id":-1}]})", R"({"type":"delta","time":1,"values":[1]})",
        R"({"type":"delta","time":1,"values":[[1]]})", R"({"type":"delta","time":1,"values":[[1e99,2]]})"}) {
    SeriesStore store;
    EXPECT_THROW(take(store, text), ProtocolError) << text;
  }
}

TEST(LiveMessages, PassesOverWhatItDoesNotKnow) {
  SeriesStore store;
  take(store, R"({"type":"of tomorrow"})");
  take(store,
       R"({"type":"delta","seq":1,"time":"soon","values":[[7,1],[8,{}],[9,"x"]],"gone":[4],"new":{}})");
  take(
      store,
      full(
          kBegin,
          R"({"id":0,"name":"g","kind":"gauge","unit":"","help":"","series":[{"id":0,"labels":{},"v":"inf"},{"id":1,"labels":{"a":1},"v":null},{"id":2,"labels":[],"v":{"buckets":[[0]]}}]})"));
  EXPECT_TRUE(store.world().families.contains("g"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
