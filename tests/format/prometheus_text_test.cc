#include <kymo/format/prometheus_text.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

using namespace std::string_literals;

using testing::HasSubstr;

std::string text_of(std::vector<FamilySnapshot> families) {
  std::string out;
  write_prometheus_text(snapshot_of(std::move(families)), out);
  return out;
}

TEST(PrometheusText, AppendsToWhatIsThere) {
  std::string out = "before\n";
  write_prometheus_text(snapshot_of({FamilyMaker(Kind::gauge, "g").number({}, 1).make()}), out);
  EXPECT_EQ(out, "before\n# TYPE g gauge\ng 1\n");
}

TEST(PrometheusText, OfNothingIsNothing) { EXPECT_EQ(text_of({}), ""); }

TEST(PrometheusText, HelpStaysOneValidLineWhateverItHolds) {
  const std::string help = "a\\b\nc\rd\"e\xFF\0\xC3(\xED\xA0\x80 Ж\xF0\x9F\x8E\x89"s;
  EXPECT_THAT(
      text_of({FamilyMaker(Kind::gauge, "g", help).number({}, 1).make()}),
      HasSubstr(
          "# HELP g a\\\\b\\nc\rd\"e\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
          " Ж\xF0\x9F\x8E\x89\n# TYPE"));
}

TEST(PrometheusText, AFamilyOfManyLongSeriesIsWhole) {
  FamilyMaker family(Kind::counter, "c");
  std::string expected = "# TYPE c_total counter\n";
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string value(i * 17 % 1000, static_cast<char>('a' + i % 26));
    family.count({{"v", value}}, i);
    expected += "c_total{v=\"" + value + "\"} " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(text_of({family.make()}), expected);
}

TEST(PrometheusText, ALineMayBeLongerThanABlock) {
  const std::string value(200'000, 'x');
  EXPECT_EQ(text_of({FamilyMaker(Kind::gauge, "g").number({{"v", value}}, 1).number({{"v", "y"}}, 2).make()}),
            "# TYPE g gauge\ng{v=\"" + value + "\"} 1\ng{v=\"y\"} 2\n");
}

TEST(PrometheusText, AHistogramOfExplicitBoundsHasThem) {
  const std::vector<double> bounds = {-1, 0.25, 100};
  EXPECT_EQ(
      text_of({FamilyMaker(Kind::histogram, "h")
                   .text_bounds(bounds)
                   .histogram({}, histogram_of({-1, 0.25, 0.5, 1000}, bounds))
                   .make()}),
      "# TYPE h histogram\n"
      "h_bucket{le=\"-1.0\"} 1\nh_bucket{le=\"0.25\"} 2\nh_bucket{le=\"100.0\"} 3\nh_bucket{le=\"+Inf\"} 4\n"
      "h_sum 999.75\nh_count 4\n");
}

TEST(PrometheusText, AHistogramWithoutBoundsHasInfinity) {
  EXPECT_EQ(text_of({FamilyMaker(Kind::histogram, "h").histogram({}, histogram_of({1})).make()}),
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n");
}

TEST(PrometheusText, HasNeitherExemplarsNorTimes) {
  const std::string text = text_of({FamilyMaker(Kind::counter, "c")
                                        .created(test_time())
                                        .count({}, 1)
                                        .exemplars({{"trace_id=\"1\"", 1, test_time()}})
                                        .make()});
  EXPECT_EQ(text, "# TYPE c_total counter\nc_total 1\n");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
