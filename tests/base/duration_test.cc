#include <kymo/base/duration.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>

namespace kymo::KYMO_ABI::base {
namespace {

using std::chrono::milliseconds;

TEST(Duration, IsWholeNumbersWithUnitsTheLargestFirst) {
  EXPECT_EQ(parse_duration("1d2h3m4s5ms"), milliseconds(93'784'005));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  for (const char* other :
       {"", "5", "s", "1.5s", "-1s", "+1s", " 1s", "1s ", "1m1h", "1s1s", "1s1", "1S", "1w"}) {
    EXPECT_EQ(parse_duration(other), std::nullopt) << other;
  }
}

TEST(Duration, ThatNoNumberHoldsIsTheLongest) {
  for (const char* long_one :
       {"9223372036854775807d", "99999999999999999999ms", "106751991167d106751991167h"}) {
    EXPECT_EQ(parse_duration(long_one), milliseconds::max()) << long_one;
  }
}

RC_GTEST_PROP(Duration, ReadsBackFromItsText, ()) {
  const milliseconds duration(*rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max()));
  RC_ASSERT(parse_duration(duration_text(duration)) == duration);
}

TEST(Duration, OfAWaitFitsIntoAClocksNanoseconds) {
  EXPECT_EQ(bounded_wait(milliseconds(5)), milliseconds(5));
  EXPECT_EQ(bounded_wait(milliseconds(-1)), milliseconds(0));
  EXPECT_EQ(bounded_wait(milliseconds::min()), milliseconds(0));
  EXPECT_EQ(bounded_wait(milliseconds::max()), kLongestWait);
  EXPECT_GT(std::chrono::steady_clock::time_point(std::chrono::hours(24 * 365 * 200)) + kLongestWait,
            std::chrono::steady_clock::time_point());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
