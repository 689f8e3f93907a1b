// A run reads back as it was written; what is none is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include <kymo/bench/run.h>

#include "runs.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using test::figure;
using testing::HasSubstr;

TEST(SavedRun, ReadsBack) {
  const auto run = test::run({figure("a \"b\"", 1.5, 0.1, 0.3), figure("c", std::nan("")), figure("d", 1e9)});
  const auto read = from_json(to_json(run));
  EXPECT_EQ(read.version, run.version);
  EXPECT_EQ(read.time, run.time);
  EXPECT_EQ(read.machine, run.machine);
  EXPECT_EQ(read.load, run.load);
  ASSERT_EQ(read.figures.size(), 3U);
  const Figure& first = read.figures[0];
  EXPECT_EQ(first.name, "a \"b\"");
  EXPECT_EQ(first.unit, "ns");
  EXPECT_EQ(first.median, 1.5);
  EXPECT_EQ(first.low, run.figures[0].low);
  EXPECT_EQ(first.high, run.figures[0].high);
  EXPECT_EQ(first.limit_name, "count in own memory");
  EXPECT_EQ(first.limit, 0.3);
  EXPECT_TRUE(std::isnan(read.figures[1].median));
  EXPECT_FALSE(read.figures[1].limit);
  EXPECT_EQ(read.figures[2].median, 1e9);
}

TEST(SavedRun, RefusesWhatIsNone) {
  std::string huge = to_json(test::run(std::vector<Figure>(1001, figure("a", 1))));
  std::string other = to_json(test::run({}));
  other.replace(other.find("kymo bench"), 10, "kymo monit");
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
                                  std::string(R"({"kind":"kymo bench"})"), other, huge}) {
    try {
      static_cast<void>(from_json(text));
      ADD_FAILURE() << text.substr(0, 100);
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("is no run that `kymo bench --json` has written"));
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::bench
