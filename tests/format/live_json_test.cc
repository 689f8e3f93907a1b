#include <kymo/format/live_json.h>

#include <gtest/gtest.h>

#include <limits>

#include "family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

std::string value_of(FamilySnapshot family) {
  std::string out;
  append_live_value(family.point(0), out);
  return out;
}

TEST(LiveJson, NumbersAreExactAndInfinitiesAreWords) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(value_of(FamilyMaker(Kind::counter, "c").count({}, kLargest).make()), "18446744073709551615");
  EXPECT_EQ(value_of(FamilyMaker(Kind::up_down_counter, "c").whole({}, -3).make()), "-3");
  EXPECT_EQ(value_of(FamilyMaker(Kind::gauge, "g").number({}, 0.1).make()), "0.1");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(value_of(FamilyMaker(Kind::gauge, "g").number({}, kInfinity).make()), "\"inf\"");
  EXPECT_EQ(value_of(FamilyMaker(Kind::gauge, "g").number({}, -kInfinity).make()), "\"-inf\"");
  EXPECT_EQ(
      value_of(FamilyMaker(Kind::gauge, "g").number({}, std::numeric_limits<double>::quiet_NaN()).make()),
      "null");
}

TEST(LiveJson, HistogramsAreMergedToEightBucketsAnOctave) {
  HistogramValue value;
  for (const std::int32_t index : {-9, -8, -1, 0, 7, 8}) value.add_bucket(index, 1);
  value.add_zeros(2);
  std::string out;
  append_live_value(FamilyMaker(Kind::histogram, "h").histogram({}, value).make().point(0), out);
  EXPECT_NE(out.find(R"("zero":2,"buckets":[[-2,1],[-1,2],[0,2],[1,1]]})"), std::string::npos) << out;
  EXPECT_TRUE(out.starts_with(R"({"count":8,"sum":)")) << out;
}

TEST(LiveJson, AnEmptyHistogramHasNoPercentiles) {
  std::string out;
  append_live_value(FamilyMaker(Kind::histogram, "h").histogram({}, {}).make().point(0), out);
  EXPECT_EQ(out, R"({"count":0,"sum":0,"buckets":[]})");
}

TEST(LiveJson, BoundsAreNoConcernOfWhoComputesPercentiles) {
  const auto family = FamilyMaker(Kind::histogram, "h.x", "He\"lp.", "seconds")
                          .histogram({}, histogram_of({0.5, 3, -3, -3, 0}, {1, 2}))
                          .make();
  std::string head;
  append_live_family(family, 7, head);
  EXPECT_EQ(head, R"("id":7,"name":"h.x","kind":"histogram","unit":"seconds","help":"He\"lp.")");
  EXPECT_NE(value_of(family).find(R"("zero":1,"negative":[[12,2]],"buckets":[[-9,1],[12,1]]})"),
            std::string::npos)
      << value_of(family);
}

TEST(LiveJson, WindowsAreOfTheirValues) {
  EXPECT_EQ(value_of(FamilyMaker(Kind::window, "w").window({}, window_of({1, 2, 3})).make()),
            R"({"count":3,"sum":6,"min":1,"max":3,"mean":2,"p50":2,"p95":3,"p99":3})");
  EXPECT_EQ(value_of(FamilyMaker(Kind::window, "w").window({}, window_of({})).make()),
            R"({"count":0,"sum":0})");
}

TEST(LiveJson, LabelsAndTimes) {
  std::string out;
  append_live_labels(
      FamilyMaker(Kind::gauge, "g").number({{"a", "x\"\n"}, {"b", ""}}, 1).make().point(0).labels, out);
  EXPECT_EQ(out, R"({"a":"x\"\n","b":""})");
  out.clear();
  append_live_time(test_time(), out);
  EXPECT_EQ(out, "1764325800.123");
  out.clear();
  append_live_seconds(std::chrono::milliseconds(12500), out);
  EXPECT_EQ(out, "12.500");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
