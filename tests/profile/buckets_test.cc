#include "duration_buckets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace kymo::KYMO_ABI::profile::buckets {
namespace {

RC_GTEST_PROP(DurationBuckets, TheMiddleOfOneIsNearWhateverFallsIntoIt, (std::uint64_t bits)) {
  const std::uint64_t value = bits >> *rc::gen::inRange(0, 64);
  const std::uint32_t index = index_of(value);
  RC_ASSERT(index < (kOctaves + 1) * kInOctave);
  RC_ASSERT(lower_border(index) <= value);
  RC_ASSERT(index_of(lower_border(index)) == index);
  if (index > 0) RC_ASSERT(index_of(lower_border(index) - 1) == index - 1);
  const double difference = static_cast<double>(middle(index)) - static_cast<double>(value);
  RC_ASSERT(std::abs(difference) <= 0.016 * static_cast<double>(value));
}

TEST(DurationBuckets, HoldTheLongest) {
  EXPECT_EQ(index_of(std::numeric_limits<std::uint64_t>::max()), (kOctaves + 1) * kInOctave - 1);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile::buckets
