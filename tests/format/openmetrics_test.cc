// Tests the rules of OpenMetrics 1.0 and the choice of exemplars. The golden texts have the rest.

#include <kymo/format/openmetrics.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string text_of(FamilyMaker& family) {
  std::string out;
  write_openmetrics(snapshot_of({family.make()}), out);
  return out;
}

Exemplar exemplar(std::string labels, double value, std::chrono::seconds age = 0s) {
  return {std::move(labels), value, test_time() - age};
}

TEST(OpenMetrics, OfNothingIsTheEnd) {
  std::string out;
  write_openmetrics(snapshot_of({}), out);
  EXPECT_EQ(out, "# EOF\n");
}

TEST(OpenMetrics, LeavesOutCountersThatAreNone) {
  FamilyMaker family(Kind::counter, "c");
  family.created(test_time())
      .number({{"n", "nan"}}, std::numeric_limits<double>::quiet_NaN())
      .number({{"n", "negative"}}, -1)
      .number({{"n", "infinite"}}, std::numeric_limits<double>::infinity())
      .number({{"n", "fraction"}}, 0.5);
  EXPECT_EQ(text_of(family),
            "# TYPE c counter\nc_total{n=\"infinite\"} +Inf\nc_created{n=\"infinite\"} 1764325800.123\n"
            "c_total{n=\"fraction\"} 0.5\nc_created{n=\"fraction\"} 1764325800.123\n# EOF\n");
}

TEST(OpenMetrics, ASumThatMayFallIsLeftOutWithItsCount) {
  FamilyMaker negative_value(Kind::histogram, "h");
  negative_value.text_bounds({1}).histogram({}, histogram_of({-3, 5}, {1}));
  EXPECT_EQ(text_of(negative_value),
            "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\n# EOF\n");

  HistogramValue without_sum = histogram_of({1});
  without_sum.set_sum(std::numeric_limits<double>::quiet_NaN());
  FamilyMaker not_a_number(Kind::histogram, "h");
  not_a_number.histogram({}, without_sum);
  EXPECT_THAT(text_of(not_a_number), Not(HasSubstr("h_sum")));
}

TEST(OpenMetrics, ASummaryHasNoNegativeQuantilesOrSum) {
  FamilyMaker family(Kind::window, "w");
  family.window({}, window_of({-5, -4, 1}));
  EXPECT_EQ(text_of(family),
            "# TYPE w summary\nw{quantile=\"0.95\"} 1\nw{quantile=\"0.99\"} 1\nw_count 3\n# EOF\n");
}

TEST(OpenMetrics, TheUnitIsNamedWhereTheNameEndsInIt) {
  FamilyMaker good(Kind::gauge, "queue.wait", "", "seconds");
  EXPECT_THAT(text_of(good.number({}, 1)), HasSubstr("# UNIT queue_wait_seconds seconds\n"));
  FamilyMaker whole_name(Kind::gauge, "seconds", "", "seconds");
  EXPECT_THAT(text_of(whole_name.number({}, 1)), Not(HasSubstr("UNIT")));
}

TEST(OpenMetrics, ACounterShowsItsNewestExemplar) {
  FamilyMaker family(Kind::counter, "c");
  family.count({}, 2).exemplars(
      {exemplar("a=\"old\"", 1, 9s), exemplar("a=\"new\"", 1, 1s), exemplar("a=\"mid\"", 1, 5s)});
  EXPECT_THAT(text_of(family), HasSubstr("c_total 2 # {a=\"new\"} 1 1764325799.123\n"));
}

TEST(OpenMetrics, ABucketShowsTheNewestExemplarThatFallsIntoIt) {
  FamilyMaker family(Kind::histogram, "h");
  family.text_bounds({1, 2, 4})
      .histogram({}, histogram_of({0.5, 1, 3, 9, 10}))
      .exemplars({exemplar("n=\"half\"", 0.5, 9s), exemplar("n=\"border\"", 1, 3s),
                  exemplar("n=\"three\"", 3), exemplar("n=\"nine\"", 9, 1s), exemplar("n=\"ten\"", 10, 2s)});
  EXPECT_THAT(text_of(family), HasSubstr("h_bucket{le=\"1.0\"} 2 # {n=\"border\"} 1 1764325797.123\n"
                                         "h_bucket{le=\"2.0\"} 2\n"
                                         "h_bucket{le=\"4.0\"} 3 # {n=\"three\"} 3 1764325800.123\n"
                                         "h_bucket{le=\"+Inf\"} 5 # {n=\"nine\"} 9 1764325799.123\n"));
}

TEST(OpenMetrics, AnExemplarWithoutAValueIsNotShownAndHidesNone) {
  FamilyMaker family(Kind::histogram, "h");
  family.text_bounds({1, 2})
      .histogram({}, histogram_of({0.5, 1.5}))
      .exemplars({exemplar("n=\"nan\"", std::nan("")), exemplar("n=\"half\"", 0.5, 9s),
                  exemplar("n=\"more\"", 1.5, 9s)});
  const std::string text = text_of(family);
  EXPECT_THAT(text, HasSubstr("h_bucket{le=\"1.0\"} 1 # {n=\"half\"} 0.5 "));
  EXPECT_THAT(text, HasSubstr("h_bucket{le=\"2.0\"} 2 # {n=\"more\"} 1.5 "));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(OpenMetrics, AnExemplarHasAtMost128CharactersOfLabels) {
  const auto shown = [](std::size_t characters) {
    std::string value;
    for (std::size_t i = 0; i < characters; ++i) value += "Ж";
    FamilyMaker family(Kind::counter, "c");
    family.count({}, 1).exemplars({exemplar("ab=\"" + value + "\"", 1)});
    return text_of(family).find(" # {") != std::string::npos;
  };
  EXPECT_TRUE(shown(126));
  EXPECT_FALSE(shown(127));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
