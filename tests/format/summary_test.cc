#include <kymo/format/summary.h>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

boost::json::object summary_of(std::vector<FamilySnapshot> families) {
  std::string out;
  write_summary_json(snapshot_of(std::move(families)), out);
  return boost::json::parse(out).as_object();
}

FamilySnapshot counter(std::string_view name, std::uint64_t number) {
  return FamilyMaker(Kind::counter, name).count({}, number).make();
}

TEST(Summary, WithoutMetricsHasNoSections) {
  EXPECT_EQ(boost::json::serialize(summary_of({counter("other", 1)})),
            R"({"timestamp":"2025-11-28T10:30:00.123Z","uptime_seconds":3.6005E3})");
}

TEST(Summary, ASectionAppearsWithItsFirstMetric) {
  EXPECT_EQ(summary_of({counter("udp.packet.dropped", 80)}).at("udp_listener"),
            (boost::json::object{{"packets_received", 0}, {"packets_dropped", 80}}));
  EXPECT_EQ(summary_of({FamilyMaker(Kind::gauge, "websocket.clients").number({}, 3).make()}).at("websocket"),
            (boost::json::object{{"clients_connected", 3}, {"broadcasts_sent", 0}}));
  EXPECT_EQ(summary_of({counter("events.processed", 7)}).at("event_processing"),
            (boost::json::object{{"total_processed", 7}}));
}

TEST(Summary, TheSeriesWithoutLabelsIsTheTotal) {
  const auto summary = summary_of(
      {FamilyMaker(Kind::counter, "events.processed").count({}, 10).count({{"event_type", "a"}}, 4).make(),
       FamilyMaker(Kind::counter, "udp.packet.received")
           .count({{"port", "1"}}, 3)
           .count({{"port", "2"}}, 4)
           .make()});
  EXPECT_EQ(summary.at("event_processing").at("total_processed"), 10);
  EXPECT_EQ(summary.at("udp_listener").at("packets_received"), 7);
}

TEST(Summary, LatencyIsInMillisecondsOverAllSeries) {
  const auto summary = summary_of({FamilyMaker(Kind::histogram, "event.processing.duration", "", "seconds")
                                       .histogram({{"t", "a"}}, histogram_of({0.25, 0.25}))
                                       .histogram({{"t", "b"}}, histogram_of({0.25, 0.25}))
                                       .make()});
  EXPECT_EQ(summary.at("event_processing").at("total_processed"), 0);
  for (const char* quantile : {"p50", "p95", "p99"}) {
    EXPECT_EQ(summary.at("event_processing").at("latency_ms").at(quantile), 250);
  }
}

TEST(Summary, LatencyMayComeFromAWindow) {
  const auto summary = summary_of({FamilyMaker(Kind::window, "event.processing.duration", "", "seconds")
                                       .window({{"t", "a"}}, window_of({0.003, 0.001}))
                                       .window({{"t", "b"}}, window_of({0.0021239}))
                                       .make()});
  EXPECT_EQ(summary.at("event_processing").at("latency_ms").at("p50"), 2.124);
}

TEST(Summary, TheHitRateIsOfLookUps) {
  EXPECT_EQ(summary_of({counter("cache.hits", 873), counter("cache.misses", 127)})
                .at("cache")
                .at("hit_rate_percent"),
            87.3);
  EXPECT_EQ(summary_of({counter("cache.misses", 5)}).at("cache").at("hit_rate_percent"), 0);
  EXPECT_FALSE(summary_of({counter("cache.hits", 0), counter("cache.misses", 0)}).contains("cache"));
  EXPECT_EQ(summary_of({FamilyMaker(Kind::gauge, "cache.hit_rate").number({}, 0.87).make()})
                .at("cache")
                .at("hit_rate_percent"),
            87);
}

TEST(Summary, ErrorsAreCountersByNameAndTags) {
  const auto summary = summary_of(
      {counter("errors", 1), counter("errors.validation", 2), counter("errorsome", 9),
       counter("my.errors", 9),
       FamilyMaker(Kind::counter, "errors.parse").count({{"type", "A"}}, 3).count({{"type", "B"}}, 4).make(),
       FamilyMaker(Kind::gauge, "errors.now").number({}, 9).make()});
  EXPECT_EQ(summary.at("errors"), (boost::json::object{{"errors", 1},
                                                       {"errors.validation", 2},
                                                       {"errors.parse[type=A]", 3},
                                                       {"errors.parse[type=B]", 4}}));
  EXPECT_FALSE(summary.contains("errors_by_type"));
}

std::int64_t sum_of(const boost::json::value& counts) {
  std::int64_t sum = 0;
  for (const auto& count : counts.as_object()) sum += count.value().to_number<std::int64_t>();
  return sum;
}

TEST(Summary, ErrorsHoldEachFailureOnce) {
  const auto by_type = [](std::string_view name) {
    return FamilyMaker(Kind::counter, name).count({{"t", "a"}}, 3).count({{"t", "b"}}, 1).make();
  };
  // In any order, as families are sorted by their names with units.
  const auto packs =
      summary_of({by_type("errors.event_processing.by_error"), counter("errors.event_processing", 4),
                  by_type("errors.event_processing.by_type")});
  EXPECT_EQ(packs.at("errors"), (boost::json::object{{"errors.event_processing", 4}}));
  EXPECT_EQ(sum_of(packs.at("errors_by_type")), 8);
  EXPECT_EQ(packs.at("errors_by_type").at("errors.event_processing.by_error[t=a]"), 3);

  const auto labelled =
      summary_of({FamilyMaker(Kind::counter, "errors.x").count({}, 4).count({{"t", "a"}}, 3).make()});
  EXPECT_EQ(sum_of(labelled.at("errors")), 4) << "the series without labels is the total";
  EXPECT_EQ(labelled.at("errors_by_type"), (boost::json::object{{"errors.x[t=a]", 3}}));

  const auto splits_only = summary_of({by_type("errors.by_kind"), by_type("errors.by_type")});
  EXPECT_EQ(sum_of(splits_only.at("errors")), 4);
  EXPECT_EQ(sum_of(splits_only.at("errors_by_type")), 4);
}

TEST(Summary, AMetricOfAnotherKindIsNotMistaken) {
  EXPECT_FALSE(summary_of({FamilyMaker(Kind::window, "udp.packet.dropped").window({}, window_of({1})).make()})
                   .contains("udp_listener"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
