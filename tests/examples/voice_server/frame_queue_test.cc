#include "server/frame_queue.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace voice {
namespace {

Chunk chunk(std::uint32_t sequence) { return {.sequence = sequence, .samples = {}, .received = {}}; }

TEST(FrameQueue, DropsTheOldest) {
  FrameQueue queue(2);
  EXPECT_FALSE(queue.push(chunk(1)));
  EXPECT_FALSE(queue.push(chunk(2)));
  EXPECT_EQ(queue.push(chunk(3))->sequence, 1U);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop()->sequence, 2U);
  EXPECT_EQ(queue.pop()->sequence, 3U);
  EXPECT_FALSE(queue.pop());
}

TEST(FrameQueue, BehavesAsABoundedDeque) {
  EXPECT_TRUE(rc::check([](const std::vector<bool>& pushes) {
    const auto capacity = *rc::gen::inRange<std::size_t>(1, 10);
    FrameQueue queue(capacity);
    std::deque<std::uint32_t> model;
    std::uint32_t next = 0;
    for (const bool push : pushes) {
      if (push) {
        model.push_back(next);
        const bool full = model.size() > capacity;
        if (full) model.pop_front();
        RC_ASSERT(queue.push(chunk(next++)).has_value() == full);
      } else if (const auto popped = queue.pop()) {
        RC_ASSERT(popped->sequence == model.front());
        model.pop_front();
      } else {
        RC_ASSERT(model.empty());
      }
      RC_ASSERT(queue.size() == model.size());
    }
  }));
}

TEST(FrameQueue, NothingIsLostUncountedBetweenThreads) {
  constexpr std::uint32_t kChunks = 20'000;
  FrameQueue queue(16);
  std::size_t dropped = 0;
  std::size_t popped = 0;
  std::thread producer([&] {
    for (std::uint32_t i = 0; i < kChunks; ++i) dropped += queue.push(chunk(i)).has_value() ? 1 : 0;
  });
  std::thread consumer([&] {
    for (int i = 0; i < 10'000; ++i) popped += queue.pop().has_value() ? 1 : 0;
  });
  producer.join();
  consumer.join();
  EXPECT_EQ(dropped + popped + queue.size(), kChunks);
}

}  // namespace
}  // namespace voice
