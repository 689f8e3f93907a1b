#include "src/live/live_channel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::live {
namespace {

// A channel keeps its deltas for minutes, and its limit counts their bytes.
TEST(LiveChannel, KeepsDeltasWithoutRoomToSpare) {
  Registry registry;
  std::vector<Counter> counters;
  for (int i = 0; i < 100; ++i) {
    counters.push_back(registry.counter("counter_" + std::to_string(i), "A counter."));
  }
  const LiveChannel::Time begin{};
  LiveChannel channel({}, begin, {}, {});
  channel.advance(registry.snapshot(), begin + std::chrono::seconds(1));
  const auto first = channel.seq();
  for (Counter& counter : counters) counter.add(1);
  channel.advance(registry.snapshot(), begin + std::chrono::seconds(2));

  const auto delta = channel.delta(first);
  ASSERT_NE(delta, nullptr);
  EXPECT_GT(delta->size(), 500U);
  EXPECT_EQ(delta->capacity(), delta->size());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
