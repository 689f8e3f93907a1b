#include "server/reorder_buffer.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace voice {
namespace {

AudioDatagram datagram(int sequence) {
  return {.rate_hz = 16'000, .sequence = static_cast<std::uint16_t>(sequence), .stream = 0, .samples = {}};
}

/// Everything that a run of datagrams brought about.
struct Total {
  std::vector<int> in_order;
  std::size_t lost = 0;
  std::size_t gaps = 0;
  std::size_t late = 0;
  std::size_t duplicates = 0;
  std::size_t restarts = 0;

  void add(const ReorderBuffer::Outcome& outcome) {
    for (const auto& handed_out : outcome.in_order) in_order.push_back(handed_out.sequence);
    lost += outcome.lost;
    gaps += outcome.gaps;
    late += outcome.late;
    duplicates += outcome.duplicates;
    restarts += outcome.restarts;
  }
};

Total run(const std::vector<int>& sequences) {
  ReorderBuffer buffer;
  Total total;
  for (const int sequence : sequences) total.add(buffer.push(datagram(sequence)));
  total.add(buffer.flush());
  return total;
}

TEST(ReorderBuffer, PassesAnOrderlyStreamOn) {
  const auto total = run({7, 8, 9, 10});
  EXPECT_EQ(total.in_order, (std::vector<int>{7, 8, 9, 10}));
  EXPECT_EQ(total.lost + total.gaps + total.late + total.duplicates + total.restarts, 0U);
}

TEST(ReorderBuffer, PutsSwappedDatagramsRight) {
  const auto total = run({1, 3, 2, 4});
  EXPECT_EQ(total.in_order, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(total.gaps, 1U);
  EXPECT_EQ(total.lost, 0U);
}

TEST(ReorderBuffer, GivesUpWhatDoesNotCome) {
  const auto total = run({1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2});
  EXPECT_EQ(total.in_order, (std::vector<int>{1, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(total.lost, 2U);
  EXPECT_EQ(total.gaps, 1U);
  EXPECT_EQ(total.late, 1U);
}

TEST(ReorderBuffer, DropsWhatComesTwice) {
  const auto total = run({1, 2, 2, 4, 4, 3, 1});
  EXPECT_EQ(total.in_order, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(total.duplicates, 3U);
}

TEST(ReorderBuffer, CountsOnAfterTheHighestNumber) {
  const auto total = run({65'534, 0, 65'535, 1, 3, 2});
  EXPECT_EQ(total.in_order, (std::vector<int>{65'534, 65'535, 0, 1, 2, 3}));
  EXPECT_EQ(total.restarts, 0U);
  EXPECT_EQ(total.lost, 0U);
}

TEST(ReorderBuffer, FollowsASenderThatBeginsAnew) {
  const auto total = run({5, 6, 20'000, 20'001, 3, 4});
  EXPECT_EQ(total.in_order, (std::vector<int>{5, 6, 20'000, 20'001, 3, 4}));
  EXPECT_EQ(total.restarts, 2U);
  EXPECT_EQ(total.lost, 0U);
}

TEST(ReorderBuffer, ALongGapIsLostWhole) {
  const auto total = run({0, 3'000});
  EXPECT_EQ(total.in_order, (std::vector<int>{0, 3'000}));
  EXPECT_EQ(total.lost, 2'999U);
}

/// What a network does to 300 datagrams: each may be lost, come twice, or come up to 5 places late.
std::vector<int> maltreated(int start) {
  std::vector<std::pair<int, int>> arrivals;  // time, number
  for (int i = 0; i < 300; ++i) {
    const int fate = *rc::gen::inRange(0, 20);
    if (fate == 0) continue;
    arrivals.emplace_back(i + (fate < 6 ? fate : 0), start + i);
    if (fate == 19) arrivals.emplace_back(i + 2, start + i);
  }
  std::ranges::stable_sort(arrivals, {}, &std::pair<int, int>::first);
  std::vector<int> sequences;
  for (const auto& arrival : arrivals) sequences.push_back(arrival.second);
  return sequences;
}

TEST(ReorderBuffer, EveryDatagramIsAccountedForOnceWhateverTheNetworkDoes) {
  EXPECT_TRUE(rc::check([] {
    const auto sent = maltreated(*rc::gen::inRange(0, 65'536));
    const auto total = run(sent);
    RC_ASSERT(total.in_order.size() + total.late + total.duplicates == sent.size());
    for (std::size_t i = 1; i < total.in_order.size(); ++i) {
      const auto step = static_cast<std::uint16_t>(total.in_order[i] - total.in_order[i - 1]);
      RC_ASSERT(step >= 1U && step < 300U);
    }
    if (!total.in_order.empty()) {
      const auto range = static_cast<std::uint16_t>(total.in_order.back() - total.in_order.front());
      RC_ASSERT(total.in_order.size() + total.lost == range + 1U);
    }
  }));
}

}  // namespace
}  // namespace voice
