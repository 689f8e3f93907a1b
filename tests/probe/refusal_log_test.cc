#include "src/probe/source_limits.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace kymo::KYMO_ABI::probe {
namespace {

std::set<std::uint64_t> told(const RefusalLog::Entry& entry) {
  std::set<std::uint64_t> all;
  for (std::uint64_t back = 0; back < kRefusedBits && back <= entry.highest; ++back) {
    if ((entry.refused[back / 64] >> back % 64 & 1U) != 0) all.insert(entry.highest - back);
  }
  return all;
}

// Against a plain set of what was refused.
RC_GTEST_PROP(RefusalLog, TellsOfTheLast128, (const std::vector<std::uint8_t>& steps)) {
  RefusalLog log(1);
  std::set<std::uint64_t> all;
  std::uint64_t sequence = 0;
  for (const std::uint8_t step : steps) {
    // Mostly one after the other, some in a wrong order and some far on.
    sequence = step < 8 ? sequence - std::min<std::uint64_t>(sequence, step) : sequence + step % 70;
    all.insert(sequence);
    const RefusalLog::Entry& entry = log.add(5, sequence);
    RC_ASSERT(entry.highest == *all.rbegin());
    std::set<std::uint64_t> expected;
    for (const std::uint64_t one : all) {
      if (entry.highest - one < kRefusedBits) expected.insert(one);
    }
    RC_ASSERT(told(entry) == expected);
  }
}

TEST(RefusalLog, ASessionThatFindsAnotherBeginsAnew) {
  RefusalLog log(1);
  for (std::uint64_t session = 0; session < 5000; ++session) {
    log.add(session, 3);
    EXPECT_EQ(told(log.add(session, 4)), (std::set<std::uint64_t>{3, 4}));
  }
  EXPECT_EQ(told(log.add(0, 5)), (std::set<std::uint64_t>{5})) << "it had lost its place";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
