// Counts as a build for use does, in every build.
#define KYMO_ASSERT_TRAPS 0
#include <kymo/base/assert.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace kymo::KYMO_ABI::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void require_small(int number) { KYMO_ASSERT(number < 10); }

TEST(Assert, CountsAndGoesOn) {
  require_small(1);
  EXPECT_EQ(assertion_failures(), 0U);
  EXPECT_THAT(failed_assertions(), testing::IsEmpty());
  std::thread other([] { require_small(11); });
  require_small(12);
  other.join();
  EXPECT_EQ(assertion_failures(), 2U);
  EXPECT_THAT(failed_assertions(),
              ElementsAre(HasSubstr("at tests/base/assert_test.cc:16: number < 10 does not hold")));
  KYMO_ASSERT(assertion_failures() == 0);
  EXPECT_EQ(assertion_failures(), 3U);
  EXPECT_EQ(failed_assertions().size(), 2U);
}

TEST(AssertDeathTest, TrapsWithTheCondition) {
  static constinit Assertion assertion{.condition = "is_owned", .file = "slab.cc", .line = 7};
  EXPECT_DEATH(trap_at(assertion), "kymo: slab.cc:7: does not hold: is_owned");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
