#include <kymo/packs/sequence_tracker.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::packs {

void PrintTo(const SequenceChange& change, std::ostream* out) {
  *out << "dropped " << change.dropped << " gaps " << change.gaps << " reordered " << change.reordered
       << " late " << change.late << " duplicates " << change.duplicates << " strays " << change.strays
       << " restarts " << change.restarts;
}
void showValue(const SequenceChange& change, std::ostream& out) { PrintTo(change, &out); }

namespace {

SequenceChange& operator+=(SequenceChange& sum, const SequenceChange& change) {
  sum.dropped += change.dropped;
  sum.gaps += change.gaps;
  sum.reordered += change.reordered;
  sum.late += change.late;
  sum.duplicates += change.duplicates;
  sum.strays += change.strays;
  sum.restarts += change.restarts;
  return sum;
}

SequenceChange total(SequenceTracker& tracker, const std::vector<std::uint32_t>& numbers) {
  SequenceChange sum;
  for (const std::uint32_t number : numbers) sum += tracker.receive(number);
  return sum;
}

SequenceChange total(const std::vector<std::uint32_t>& numbers, const SequenceOptions& options = {}) {
  SequenceTracker tracker(options);
  return total(tracker, numbers);
}

TEST(SequenceTracker, ASequenceInOrderIsNoNews) {
  EXPECT_EQ(total({7, 8, 9, 10}), SequenceChange{});
  SequenceTracker tracker;
  EXPECT_EQ(tracker.current(), std::nullopt);
  (void)total(tracker, {7, 8});
  EXPECT_EQ(tracker.current(), 8U);
}

TEST(SequenceTracker, SkippedNumbersAreDroppedUntilTheyCome) {
  EXPECT_EQ(total({1, 5}), (SequenceChange{.dropped = 3, .gaps = 1}));
  EXPECT_EQ(total({1, 5, 3}), (SequenceChange{.dropped = 2, .gaps = 1, .reordered = 1}));
  EXPECT_EQ(total({1, 5, 3, 2, 4}), (SequenceChange{.gaps = 1, .reordered = 3}));
}

TEST(SequenceTracker, APacketFarBehindIsLateAndTakesItsDropBack) {
  EXPECT_EQ(total({1, 3, 4, 5, 6, 2}, {.late_after = 4}),
            (SequenceChange{.gaps = 1, .reordered = 1, .late = 1}));
  EXPECT_EQ(total({1, 3, 4, 5, 2}, {.late_after = 4}), (SequenceChange{.gaps = 1, .reordered = 1}));
}

TEST(SequenceTracker, TheSameNumberAgainIsADuplicate) {
  EXPECT_EQ(total({1, 2, 2, 3, 1}), (SequenceChange{.duplicates = 2}));
  EXPECT_EQ(total({1, 3, 2, 2}), (SequenceChange{.gaps = 1, .reordered = 1, .duplicates = 1}));
}

TEST(SequenceTracker, APacketBeforeTheFirstMovesTheBegin) {
  EXPECT_EQ(total({10, 9}), (SequenceChange{.reordered = 1}));
  EXPECT_EQ(total({10, 6}), (SequenceChange{.dropped = 3, .reordered = 1}));
  EXPECT_EQ(total({10, 6, 7, 8, 9}), (SequenceChange{.reordered = 4}));
}

TEST(SequenceTracker, NumbersWrapAround) {
  EXPECT_EQ(total({65534, 65535, 0, 1}), SequenceChange{});
  EXPECT_EQ(total({65535, 2}), (SequenceChange{.dropped = 2, .gaps = 1}));
  EXPECT_EQ(total({65535, 1, 0}), (SequenceChange{.gaps = 1, .reordered = 1}));
  EXPECT_EQ(total({0, 65535}), (SequenceChange{.reordered = 1}));
  const SequenceOptions wide{.bits = SequenceBits::k32};
  EXPECT_EQ(total({0xFFFF'FFFF, 0}, wide), SequenceChange{});
  EXPECT_EQ(total({0xFFFF'FFFE, 1, 0xFFFF'FFFF}, wide),
            (SequenceChange{.dropped = 1, .gaps = 1, .reordered = 1}));
  EXPECT_EQ(total({65535, 65536}, wide), SequenceChange{});
}

TEST(SequenceTracker, ManyRoundsOf16BitsAreNoNews) {
  SequenceTracker tracker;
  SequenceChange sum;
  for (std::uint32_t i = 0; i < 300'000; ++i) sum += tracker.receive(i);
  EXPECT_EQ(sum, SequenceChange{});
  EXPECT_EQ(tracker.current(), 299'999U % 65536);
}

TEST(SequenceTracker, ASenderThatBeginsAnewLosesNothing) {
  EXPECT_EQ(total({5000, 5001, 0, 1, 2}), (SequenceChange{.restarts = 1}));
  EXPECT_EQ(total({0, 40'000, 40'001}), (SequenceChange{.restarts = 1}));
  EXPECT_EQ(total({5000, 1, 0, 2}), (SequenceChange{.reordered = 1, .restarts = 1}));
  EXPECT_EQ(total({5000, 0, 0, 1}), (SequenceChange{.duplicates = 1, .restarts = 1}));
  EXPECT_EQ(total({5000, 0, 3}), (SequenceChange{.dropped = 2, .gaps = 1, .restarts = 1}));
}

TEST(SequenceTracker, ASinglePacketFromElsewhereChangesNothing) {
  EXPECT_EQ(total({100, 30'000, 101, 102}), (SequenceChange{.strays = 1}));
  EXPECT_EQ(total({100, 30'000, 101, 30'001, 102}), (SequenceChange{.strays = 2}))
      << "the old sequence goes on, so this is no restart";
  EXPECT_EQ(total({100, 30'000, 50'000, 101}), (SequenceChange{.strays = 2}));
}

TEST(SequenceTracker, ToldOfARestartItTakesAnyNumberAsTheFirst) {
  SequenceTracker tracker;
  (void)tracker.receive(50);
  tracker.restart();
  EXPECT_EQ(tracker.current(), std::nullopt);
  EXPECT_EQ(total(tracker, {0, 1}), SequenceChange{});
}

TEST(SequenceTracker, LimitsThatMakeNoSenseAreBroughtIntoRange) {
  const SequenceOptions zero{.max_ahead = 0, .max_behind = 0, .late_after = 0};
  EXPECT_EQ(total({1, 2, 3}, zero), SequenceChange{});
  const SequenceOptions huge{.max_ahead = 0xFFFF'FFFF, .max_behind = 0xFFFF'FFFF, .late_after = 0xFFFF'FFFF};
  EXPECT_EQ(total({1, 2, 4, 3}, huge), (SequenceChange{.gaps = 1, .reordered = 1}));
}

// A network and the truth: senders count in 64 bits, so what each packet is needs no guessing.

struct Arrival {
  std::int64_t number = 0;
  std::size_t sender_life = 0;
};

/// One life of a sender on a network that loses, delays by less than `max_delay` places, and duplicates.
std::vector<Arrival> life(std::int64_t first, std::size_t which, std::int64_t max_delay) {
  const auto count = *rc::gen::inRange<std::int64_t>(2, 200);
  const auto loss_percent = *rc::gen::element(0, 5, 30);
  std::vector<std::pair<std::int64_t, Arrival>> on_the_way;
  for (std::int64_t i = 0; i < count; ++i) {
    // The first two come at once: restarts that are noticed later have no one true account.
    const bool certain = i < 2;
    if (!certain && *rc::gen::inRange(0, 100) < loss_percent) continue;
    const int copies = *rc::gen::weightedElement<int>({{9, 1}, {1, 2}});
    for (int copy = 0; copy < copies; ++copy) {
      const std::int64_t delay =
          certain && copy == 0 ? -max_delay : *rc::gen::inRange<std::int64_t>(0, max_delay);
      on_the_way.emplace_back(i + delay, Arrival{first + i, which});
    }
  }
  std::stable_sort(on_the_way.begin(), on_the_way.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Arrival> arrivals;
  for (const auto& [time, arrival] : on_the_way) arrivals.push_back(arrival);
  return arrivals;
}

/// Keeps every number it ever saw, and counts by definition.
SequenceChange truth(const std::vector<Arrival>& arrivals, std::int64_t late_after) {
  SequenceChange sum;
  std::vector<std::set<std::int64_t>> lives;
  for (const Arrival& arrival : arrivals) {
    if (lives.size() == arrival.sender_life) {
      sum.restarts += lives.empty() ? 0 : 1;
      lives.push_back({arrival.number});
      continue;
    }
    std::set<std::int64_t>& seen = lives.back();
    const std::int64_t highest = *seen.rbegin();
    if (!seen.insert(arrival.number).second) {
      ++sum.duplicates;
    } else if (arrival.number < highest) {
      ++sum.reordered;
      sum.late += highest - arrival.number >= late_after ? 1 : 0;
    } else if (arrival.number > highest + 1) {
      ++sum.gaps;
    }
  }
  for (const std::set<std::int64_t>& seen : lives) {
    sum.dropped += *seen.rbegin() - *seen.begin() + 1 - static_cast<std::int64_t>(seen.size());
  }
  return sum;
}

void agree_with_the_truth(SequenceBits bits) {
  constexpr std::int64_t kMaxDelay = 30;
  const std::int64_t modulus = bits == SequenceBits::k16 ? 1LL << 16 : 1LL << 32;
  std::vector<Arrival> arrivals;
  // Close before a wrap-around, more often than not.
  std::int64_t first = modulus - *rc::gen::inRange<std::int64_t>(0, 150);
  const auto lives = *rc::gen::inRange<std::size_t>(1, 4);
  for (std::size_t which = 0; which < lives; ++which) {
    for (const Arrival& arrival : life(first, which, kMaxDelay)) arrivals.push_back(arrival);
    first += *rc::gen::inRange<std::int64_t>(5'000, modulus - 5'000);
  }
  std::vector<std::uint32_t> numbers;
  for (const Arrival& arrival : arrivals) {
    numbers.push_back(static_cast<std::uint32_t>(arrival.number % modulus));
  }
  const SequenceOptions options{.bits = bits, .late_after = 10};
  RC_ASSERT(total(numbers, options) == truth(arrivals, options.late_after));
}

RC_GTEST_PROP(SequenceTracker, AgreesWithTheTruthIn16Bits, ()) { agree_with_the_truth(SequenceBits::k16); }
RC_GTEST_PROP(SequenceTracker, AgreesWithTheTruthIn32Bits, ()) { agree_with_the_truth(SequenceBits::k32); }

// Any numbers at all, against a second reading of what the header promises, which keeps everything and looks
// for each number's place among all rounds near.

class Model final {
 public:
  explicit Model(const SequenceOptions& options)
      : options_(options), modulus_(options.bits == SequenceBits::k16 ? 1LL << 16 : 1LL << 32) {}

  void receive(std::uint32_t wire) {
    if (lives_.empty()) return begin(wire);
    const std::int64_t number = nearest(*lives_.back().rbegin(), wire);
    if (!belongs(number)) return set_aside(wire);
    take(number);
  }

  [[nodiscard]] SequenceChange total() const {
    SequenceChange sum = sum_;
    for (const auto& seen : lives_) {
      sum.dropped += *seen.rbegin() - *seen.begin() + 1 - static_cast<std::int64_t>(seen.size());
    }
    return sum;
  }

 private:
  [[nodiscard]] std::int64_t nearest(std::int64_t to, std::int64_t wire) const {
    std::int64_t best = wire;
    for (std::int64_t number = wire - modulus_; number <= to + modulus_; number += modulus_) {
      const std::int64_t away = std::abs(number - to);
      if (away < std::abs(best - to) || (away == std::abs(best - to) && number < best)) best = number;
    }
    return best;
  }
  [[nodiscard]] bool belongs(std::int64_t number) const {
    const std::int64_t ahead = number - *lives_.back().rbegin();
    return ahead <= options_.max_ahead && -ahead <= options_.max_behind;
  }
  void begin(std::uint32_t wire) {
    lives_.push_back({wire});
    aside_.clear();
  }
  void take(std::int64_t number) {
    auto& seen = lives_.back();
    const std::int64_t highest = *seen.rbegin();
    const bool is_new = seen.insert(number).second;
    sum_.duplicates += is_new ? 0 : 1;
    sum_.reordered += is_new && number < highest ? 1 : 0;
    sum_.late += is_new && highest - number >= options_.late_after ? 1 : 0;
    sum_.gaps += number > highest + 1 ? 1 : 0;
    if (number > highest) {
      sum_.strays += static_cast<std::uint32_t>(aside_.size());
      aside_.clear();
    }
  }
  void set_aside(std::uint32_t wire) {
    if (aside_.empty()) {
      aside_.push_back(wire);
      return;
    }
    const std::uint32_t before = aside_.front();
    const std::int64_t away = nearest(before, wire) - before;
    if (away == 0) {
      ++sum_.duplicates;
    } else if (std::abs(away) <= options_.late_after) {
      begin(before);
      ++sum_.restarts;
      take(before + away);
    } else {
      aside_ = {wire};
      ++sum_.strays;
    }
  }

  SequenceOptions options_;
  std::int64_t modulus_;
  SequenceChange sum_;
  std::vector<std::set<std::int64_t>> lives_;
  std::vector<std::uint32_t> aside_;  // one at most
};

RC_GTEST_PROP(SequenceTracker, AgreesWithAModelThatKeepsEverything, ()) {
  const SequenceOptions options{.bits = *rc::gen::element(SequenceBits::k16, SequenceBits::k32),
                                .max_ahead = *rc::gen::inRange<std::uint32_t>(20, 400),
                                .max_behind = *rc::gen::inRange<std::uint32_t>(20, 100),
                                .late_after = *rc::gen::inRange<std::uint32_t>(1, 20)};
  SequenceTracker tracker(options);
  Model model(options);
  SequenceChange sum;
  auto number = *rc::gen::element<std::uint32_t>(0, 65'530, 0xFFFF'FFF0, 1234);
  const auto packets = *rc::gen::inRange(1, 300);
  for (int i = 0; i < packets; ++i) {
    const int step = *rc::gen::weightedOneOf<int>({{60, rc::gen::just(1)},
                                                   {30, rc::gen::inRange(-40, 40)},
                                                   {5, rc::gen::inRange(-500, 500)},
                                                   {5, rc::gen::arbitrary<int>()}});
    number += static_cast<std::uint32_t>(step);
    const std::uint32_t wire = options.bits == SequenceBits::k16 ? number & 0xFFFF : number;
    sum += tracker.receive(number);
    model.receive(wire);
    RC_ASSERT(sum == model.total());
    RC_ASSERT(sum.dropped >= 0);
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
