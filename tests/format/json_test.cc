#include <kymo/format/json.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "src/format/json_parts.h"
#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

boost::json::value json_of(std::vector<FamilySnapshot> families) {
  std::string out;
  write_json(snapshot_of(std::move(families)), out);
  return boost::json::parse(out);
}

std::string key_of(std::string_view name, std::initializer_list<Label> labels) {
  std::string rendered;
  render_labels(Labels(labels.begin(), labels.size()), 1'000'000, rendered);
  std::string key;
  make_series_key(name, LabelsView(rendered), key);
  return key;
}

/// The rule of the header read backwards; nothing where a key does not follow it.
std::map<std::string, std::string> labels_of(std::string_view key) {
  std::map<std::string, std::string> labels;
  std::size_t at = key.find('[');
  while (at < key.size() && key[at] != ']') {
    const std::size_t equals = key.find('=', at);
    if (equals == std::string_view::npos) return {};
    std::string& value = labels[std::string(key.substr(at + 1, equals - at - 1))];
    for (at = equals + 1; at < key.size() && key[at] != ',' && key[at] != ']'; ++at) {
      if (key[at] == '\\' && at + 1 < key.size()) ++at;
      value += key[at];
    }
  }
  return labels;
}

TEST(Json, OfNothingHasAllSections) {
  std::string out;
  write_json(snapshot_of({}), out);
  EXPECT_EQ(out, R"({"timestamp":"2025-11-28T10:30:00.123Z","uptime_seconds":3600.5,)"
                 R"("metrics":{"timings":{},"counters":{},"gauges":{},"histograms":{},"windows":{}}})");
}

bool has_null(const boost::json::value& json) {
  if (json.is_null()) return true;
  const auto* object = json.if_object();
  return object != nullptr && std::any_of(object->begin(), object->end(),
                                          [](const auto& field) { return has_null(field.value()); });
}

GaugeStatistics statistics(std::uint64_t count, double min, double max) {
  GaugeStatistics statistics;
  statistics.count = count;
  statistics.min = min;
  statistics.max = statistics.mean = max;
  return statistics;
}

/// As a producer may fill one by hand, from buckets alone.
HistogramValue without_extremes() {
  HistogramValue value;
  value.add_bucket(0, 5);
  value.set_sum(std::numeric_limits<double>::infinity());
  return value;
}

TEST(Json, HasNoEntryWithoutAValueAndNoNull) {
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  const auto json = json_of({FamilyMaker(Kind::histogram, "t", "", "seconds")
                                 .timing({}, {}, {})
                                 .timing({{"recent", "none"}}, histogram_of({1}), {})
                                 .make(),
                             FamilyMaker(Kind::histogram, "h")
                                 .histogram({}, {})
                                 .histogram({{"b", "1"}}, histogram_of({}, {1}))
                                 .make(),
                             FamilyMaker(Kind::window, "w").window({}, {}).make(),
                             FamilyMaker(Kind::gauge, "g")
                                 .gauge({{"n", "never"}}, 0, {})
                                 .gauge({{"n", "nan"}}, nan, {})
                                 .gauge({{"n", "infinite"}}, infinity, statistics(1, infinity, infinity))
                                 .gauge({{"n", "was"}}, 3, statistics(3, 1, infinity))
                                 .make(),
                             FamilyMaker(Kind::counter, "c").number({}, nan).make(),
                             FamilyMaker(Kind::histogram, "own").histogram({}, without_extremes()).make()});
  EXPECT_FALSE(has_null(json)) << json;
  const auto& metrics = json.at("metrics").as_object();
  for (const char* section : {"windows", "counters"}) {
    EXPECT_TRUE(metrics.at(section).as_object().empty()) << section;
  }
  const auto& histograms = metrics.at("histograms").as_object();
  ASSERT_EQ(histograms.size(), 1U);
  EXPECT_EQ(histograms.at("own").at("count"), 5);
  const auto& timings = metrics.at("timings").as_object();
  ASSERT_EQ(timings.size(), 1U);
  EXPECT_FALSE(timings.at("t[recent=none]").as_object().contains("recent"));
  const auto& gauges = metrics.at("gauges").as_object();
  ASSERT_EQ(gauges.size(), 1U);
  EXPECT_EQ(gauges.at("g[n=was]").at("min"), 1);
  EXPECT_FALSE(gauges.at("g[n=was]").as_object().contains("max")) << "JSON has no infinity";
  EXPECT_FALSE(gauges.at("g[n=was]").as_object().contains("last_update")) << "nobody knows when that was";
}

TEST(Json, ATimingHasBothTheWholeAndTheRecent) {
  const auto json = json_of({FamilyMaker(Kind::histogram, "t", "", "seconds")
                                 .timing({}, histogram_of({1, 2, 3}), window_of({2, 3}))
                                 .make()});
  const auto& timing = json.at_pointer("/metrics/timings/t");
  EXPECT_EQ(timing.at("count"), 3);
  EXPECT_EQ(timing.at("total"), 6);
  EXPECT_EQ(timing.at("mean"), 2);
  EXPECT_EQ(timing.at("max"), 3);
  EXPECT_EQ(timing.at("recent").at("count"), 2);
  EXPECT_EQ(timing.at("recent").at("mean"), 2.5);
  EXPECT_EQ(timing.at("recent").at("min"), 2);
}

TEST(Json, WholeCountsAreExact) {
  const auto json = json_of({FamilyMaker(Kind::counter, "c").count({}, (std::uint64_t{1} << 53U) + 1).make(),
                             FamilyMaker(Kind::up_down_counter, "u").whole({}, -5).make()});
  EXPECT_EQ(json.at_pointer("/metrics/counters/c/value"), 9007199254740993);
  EXPECT_EQ(json.at_pointer("/metrics/counters/u/value"), -5);
}

TEST(SeriesKey, IsTheNameAndTheLabels) {
  EXPECT_EQ(key_of("events.processed", {}), "events.processed");
  EXPECT_EQ(key_of("event.processing.duration", {{"event_type", "/live/track/renamed"}}),
            "event.processing.duration[event_type=/live/track/renamed]");
  EXPECT_EQ(key_of("e", {{"b", ""}, {"a", "x=y"}}), "e[a=x=y,b=]");
  EXPECT_EQ(key_of("e", {{"a", "1,b=2]\\\"\n"}}), "e[a=1\\,b=2\\]\\\\\"\n]");
}

RC_GTEST_PROP(SeriesKey, CanBeReadBack, ()) {
  const auto text =
      rc::gen::container<std::string>(rc::gen::element('a', ',', ']', '[', '=', '\\', '"', '\n', 'n', ' '));
  const std::string a = *text;
  const std::string b = *text;
  const std::map<std::string, std::string> expected = {{"a", a}, {"b", b}};
  RC_ASSERT(labels_of(key_of("name", {{"a", a}, {"b", b}})) == expected);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
