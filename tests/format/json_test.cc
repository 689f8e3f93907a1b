#include <kymo/format/json.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "src/format/series_key.h"
#include "tests/format/family_maker.h"

namespace kymo::format {
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

TEST(Json, StatisticsOfNothingAreNull) {
  const auto json = json_of({FamilyMaker(Kind::histogram, "t", "", "seconds").timing({}, {}, {}).make()});
  const auto& timing = json.at_pointer("/metrics/timings/t").as_object();
  EXPECT_EQ(timing.at("count"), 0);
  for (const char* field : {"mean", "min", "max", "p50", "p95", "p99"}) {
    EXPECT_TRUE(timing.at(field).is_null()) << field;
    EXPECT_TRUE(timing.at("recent").at(field).is_null()) << field;
  }
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
}  // namespace kymo::format
