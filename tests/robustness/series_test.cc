// Tests a series at its limits and after its end. Each case was a bug somewhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr Label kOverflow{"otel_metric_overflow", "true"};

double number(Registry& registry, std::string_view name, const std::vector<Label>& labels = {}) {
  const auto point = registry.snapshot()->find(name, Labels(labels));
  return point ? to_double(point->number) : -1;
}

std::size_t size_of(Registry& registry, std::string_view name) {
  const auto snapshot = registry.snapshot();
  const FamilySnapshot* family = snapshot->find(name);
  return family == nullptr ? 0 : family->size();  // a family without a series is left out
}

/// Snapshots until the family has so many series; false when that never happens.
bool wait_for_size(Registry& registry, std::string_view name, std::size_t size) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (size_of(registry, name) != size) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

constexpr SeriesPolicy kExpiresSoon{.expire_after = std::chrono::milliseconds(1)};

TEST(Series, ThatExpiredIsUsableAgainAndBeginsAtZero) {
  Registry registry;
  const auto counters = registry.family<Counter, "id">("counters", "C.", {.series = kExpiresSoon});
  const auto histograms = registry.family<Histogram, "id">("histograms", "H.", {.series = kExpiresSoon});
  const auto gauges = registry.family<Gauge, "id">("gauges", "G.", {.series = kExpiresSoon});
  for (int life = 1; life <= 5; ++life) {
    counters.with("a").add(7);
    histograms.with("a").record(life);
    gauges.with("a").set(life);
    EXPECT_EQ(number(registry, "counters", {{"id", "a"}}), 7);
    EXPECT_EQ(gauges.with("a").statistics().count, 1U);
    EXPECT_EQ(histograms.with("a").value().sum(), life);
    for (const char* name : {"counters", "histograms", "gauges"}) {
      ASSERT_TRUE(wait_for_size(registry, name, 0)) << name << " in life " << life;
    }
  }
  EXPECT_EQ(registry.series_count(), 0U);
}

TEST(Series, OfAFamilyThatIsGoneCountsOnUnread) {
  auto registry = std::make_unique<Registry>();
  const auto family = registry->family<Counter, "id">("family", "F.");
  Counter counter = family.with("a");
  counter.add(1);
  const auto snapshot = registry->snapshot();
  registry.reset();
  counter.add(2);
  EXPECT_EQ(counter.value(), 3U);
  Counter late = family.with("late");
  late.add(4);
  EXPECT_EQ(late.value(), 4U) << "the family's handle keeps it";
  EXPECT_EQ(to_double(snapshot->find("family", {{"id", "a"}})->number), 1);
}

// A new series in the memory of one that is gone: neither sees the other's counts.
TEST(Series, IsNotMixedUpWithOneThatTookItsPlace) {
  Registry registry;
  const auto family = registry.family<Counter, "id">("family", "F.", {.series = kExpiresSoon});
  family.with("old").add(100);
  const auto before = registry.snapshot();
  ASSERT_TRUE(wait_for_size(registry, "family", 0));
  Counter fresh = family.with("fresh");
  fresh.add(1);
  EXPECT_EQ(fresh.value(), 1U);
  EXPECT_EQ(to_double(before->find("family", {{"id", "old"}})->number), 100);
}

TEST(Series, ExpiredOnesMakeRoomUnderTheLimit) {
  Registry registry;
  const auto family = registry.family<Counter, "id">(
      "family", "F.", {.series = {.max_series = 2, .expire_after = std::chrono::milliseconds(1)}});
  for (const char* id : {"a", "b", "c"}) family.with(id).add();
  EXPECT_EQ(number(registry, "family", {kOverflow}), 1);
  ASSERT_TRUE(wait_for_size(registry, "family", 1)) << "the overflow series stays";
  family.with("d").add(5);
  EXPECT_EQ(number(registry, "family", {{"id", "d"}}), 5);
  EXPECT_EQ(number(registry, "family", {kOverflow}), 1) << "what it counted is not lost";
}

// Exactly so many real series, the one for the rest not among them; known ones go on counting.
TEST(Limit, IsExactForEveryNumber) {
  for (const int limit : {0, 1, 5}) {
    for (const int ids : {limit - 1, limit, limit + 1, limit + 2}) {
      if (ids < 0) continue;
      Registry registry;
      const auto family = registry.family<Counter, "id">(
          "family", "F.", {.series = {.max_series = static_cast<std::size_t>(limit)}});
      for (int round = 0; round < 3; ++round) {
        for (int id = 0; id < ids; ++id) family.with(id).add();
      }
      const int beyond = std::max(0, ids - limit);
      SCOPED_TRACE(std::to_string(ids) + " of " + std::to_string(limit));
      EXPECT_EQ(registry.series_count(), static_cast<std::size_t>(std::min(ids, limit)));
      EXPECT_EQ(number(registry, "family", {kOverflow}), beyond == 0 ? -1 : 3 * beyond);
      if (limit > 0 && ids > 0) {
        EXPECT_EQ(number(registry, "family", {{"id", "0"}}), 3);
      }
    }
  }
}

TEST(Limit, AppliesToEveryKindOfInstrument) {
  Registry registry({.max_series_per_family = 1});
  const auto histograms = registry.family<Histogram, "id">("histograms", "H.");
  const auto gauges = registry.family<Gauge, "id">("gauges", "G.");
  const auto windows = registry.family<Window, "id">("windows", "W.");
  const auto timings = registry.family<Timing, "id">("timings", "T.");
  for (int id = 0; id < 4; ++id) {
    histograms.with(id).record(1);
    gauges.with(id).set(id);
    windows.with(id).record(id);
    timings.with(id).record(1s);
  }
  const auto snapshot = registry.snapshot();
  for (const char* name : {"histograms", "gauges", "windows", "timings"}) {
    EXPECT_EQ(snapshot->find(name)->size(), 2U) << name;
  }
  EXPECT_EQ(snapshot->find("histograms", {kOverflow})->histogram->count(), 3U);
  EXPECT_EQ(snapshot->find("windows", {kOverflow})->window->total_count, 3U);
}

// A look-up never gives a null; at the registry's limit it gives the overflow series too.
TEST(Limit, OfTheRegistryAtZeroStillCountsEverything) {
  Registry registry({.max_series = 0});
  Counter counter = registry.counter("counter", "C.");
  counter.add(3);
  const auto family = registry.family<Counter, "id">("family", "F.");
  family.with(1).add(4);
  EXPECT_EQ(registry.series_count(), 0U);
  EXPECT_EQ(number(registry, "family", {kOverflow}), 4);
  EXPECT_EQ(number(registry, "counter", {kOverflow}), 3);
}

// Label sets that differ are different series, however alike they look.
TEST(Labels, ThatLookAlikeAreToldApart) {
  Registry registry;
  const auto family = registry.family<Counter>("family", "F.");
  const std::vector<std::vector<Label>> sets{
      {{"a", "b"}, {"c", "d"}},
      {{"a", "b\",c=\"d"}},
      {{"a", "b"}, {"c", ""}},
      {{"ab", "c"}},
      {{"a", "bc"}},
      {{"a", "b\n"}},
      {{"a", "b\\n"}},
      {{"a", "b\\"}},
      {{"a", ""}},
      {},
      {{"a", "b"}},
  };
  for (std::size_t i = 0; i < sets.size(); ++i) family.with(Labels(sets[i])).add(i + 1);
  const auto snapshot = registry.snapshot();
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto point = snapshot->find("family", Labels(sets[i]));
    ASSERT_TRUE(point) << i;
    EXPECT_EQ(to_double(point->number), static_cast<double>(i + 1)) << i;
  }
}

// Many sets: any hash of 32 bits or less that stood for a set would meet another here.
TEST(Labels, OfManySeriesNeverMeet) {
  const int ids = repetitions(100'000, 10'000);
  Registry registry({.max_series_per_family = 10'000'000, .max_series = 10'000'000});
  const auto family = registry.family<Counter, "id">("family", "F.");
  for (int id = 0; id < ids; ++id) family.with(id).add();
  const auto snapshot = registry.snapshot();
  const FamilySnapshot* found = snapshot->find("family");
  EXPECT_EQ(found->size(), static_cast<std::size_t>(ids));
  int wrong = 0;
  for (std::size_t i = 0; i < found->size(); ++i) wrong += to_double(found->point(i).number) == 1 ? 0 : 1;
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kymo::robustness
